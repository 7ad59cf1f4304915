import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

describe('sim-scenarios/README.md', () => {
  it('lists every file', () => {
    const readme = readFileSync(`${root}/sim-scenarios/README.md`, 'utf8');
    const files = globSync('sim-scenarios/*.yaml', { cwd: root }).map((file) => file.replace(/^.*[\\/]/, ''));
    expect(files.length).toBeGreaterThan(30);
    expect(files.filter((file) => !readme.includes(`| \`${file}\` |`))).toEqual([]);
  });
});

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** The blocks of TypeScript in a document. */
const blocksIn = (markdown: string): readonly string[] => [...markdown.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);

describe('the example that embeds the core', () => {
  const file = 'test/embed-example.ts';

  it.each(['README.md', 'packages/core/README.md'])('is in %s as it is here', (document) => {
    expect(blocksIn(read(document))).toContain(read(file));
  });

  it('brings a group of two servers into service, and ends by itself', { timeout: 30_000 }, async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=lutra-source', join(root, file)]);
    expect(stdout).toMatch(/^group [0-9a-f-]{36}: \{/);
    expect(stdout).toMatch(/desired: 2,\n\s+active: 2,/);
  });
});

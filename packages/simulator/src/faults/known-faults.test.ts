import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { knownFaults } from './known-faults.ts';

describe('knownFaults', () => {
  it('are each met in a test', () => {
    const tests = globSync('{faults,http}/*.test.ts', { cwd: fileURLToPath(new URL('..', import.meta.url)) });
    const texts = tests.map((test) => readFileSync(fileURLToPath(new URL(`../${test}`, import.meta.url)), 'utf8')).join('\n');
    expect([...knownFaults.keys()].filter((name) => !texts.includes(`rule('${name}'`))).toEqual([]);
  });
});

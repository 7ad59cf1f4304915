import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { knownFaults } from '@lutra/simulator';
import { describe, expect, it } from 'vitest';
import { faultPage } from './fault-page.ts';

describe('faultPage', () => {
  it('is the page in docs; after a change `npm run docs` writes it anew', () => {
    const committed = readFileSync(fileURLToPath(new URL('../../../docs/faults.md', import.meta.url)), 'utf8');
    expect(committed).toBe(faultPage());
  });

  it('has every fault, with every parameter explained', () => {
    const page = faultPage();
    for (const name of knownFaults.keys()) expect(page).toContain(`### \`${name}\`\n`);
    expect(page).not.toMatch(/\| +\|$/m);
    expect(page).not.toContain('undefined');
  });
});

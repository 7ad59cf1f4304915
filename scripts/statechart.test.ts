import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { statechart, withStatechart } from './statechart.ts';

const page = readFileSync(join(import.meta.dirname, '../docs/architecture.md'), 'utf8');

describe('statechart', () => {
  it('is in docs/architecture.md as the machine is now; after a change `npm run docs` writes it anew', () => {
    expect(page).toBe(withStatechart(page));
    expect(page).toContain(statechart());
  });

  it('draws each phase of a pass, and what leads from one to the next', () => {
    const lines = statechart()
      .split('\n')
      .map((line) => line.trim());
    expect(lines).toEqual(expect.arrayContaining(['planning --> executing : done, if isAnnounced', 'settling --> deciding : done']));
    for (const phase of ['observing', 'planning', 'executing', 'settling'])
      expect(
        lines.some((line) => line.startsWith(`${phase} --> settling`) && line.includes('error')),
        phase,
      ).toBe(true);
  });
});

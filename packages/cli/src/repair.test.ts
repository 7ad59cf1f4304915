import { describe, expect, it } from 'vitest';
import { report } from './repair.ts';

const contents = { groups: 2, tenants: 1, schema: 1, bytes: 4096 };
const found = {
  damage: ['Page 7 is never used'],
  tables: [
    { name: 'groups', rows: 2, isWhole: false },
    { name: 'policies', rows: 3, isWhole: true },
    { name: 'members', rows: 0, isWhole: true },
    { name: 'servers', rows: 0, isWhole: false },
  ],
  contents,
};

describe('report', () => {
  it('says what is wrong and what would be saved, and that nothing was changed', () => {
    expect(report('/d/groups.db', { ...found, old: null, isStopped: false })).toBe(`The store /d/groups.db is damaged:
  Page 7 is never used
What can be read of it:
  groups           2 rows; others are lost
  policies         3 rows
  servers          0 rows; others are lost
A store of that holds 2 groups of 1 tenant. Nothing was changed. A backup may hold more (lutra restore);
--repair --yes puts what can be read in the place of the store, and keeps the damaged one beside it.`);
  });

  it('says where the damaged store is, or that there is none', () => {
    expect(report('/d/groups.db', { ...found, old: '/d/groups.db.damaged', isStopped: true })).toMatch(
      /The store holds 2 groups of 1 tenant now\. The damaged one is in \/d\/groups\.db\.damaged\.$/,
    );
    expect(report('/d/groups.db', { ...found, old: '/d/groups.db.damaged', isStopped: true })).toContain('all hosts are stopped in it');
    expect(report('/d/groups.db', { damage: [], tables: [], contents: null, old: null, isStopped: false })).toBe(
      'The store /d/groups.db is not damaged: there is nothing to repair.',
    );
  });
});

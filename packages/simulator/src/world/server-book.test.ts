import { epochMs, type ServerId } from '@lutra/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServerBook } from './server-book.ts';
import type { ServerRecord } from './server-record.ts';

const record = (serial: number): ServerRecord => ({
  serial,
  id: `s${serial}` as ServerId,
  name: '',
  request: {},
  flavor: { name: '', ram: 0, cores: 0, disk: 0 },
  createdAt: epochMs(0),
  updatedAt: epochMs(0),
  status: 'ACTIVE',
  deleting: false,
  deletingShown: false,
  metadata: {},
  groupId: undefined,
  address: '',
  unpublic: false,
  publicBase: '',
  also: [],
  progress: 0,
  next: undefined,
  past: [],
  links: [],
  isolated: {},
  acted: 0,
  resizedFrom: undefined,
  due: undefined,
  losing: undefined,
});

describe('ServerBook', () => {
  it('pages through every server once, newest first, whatever is missing and however long a page is', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(40)), fc.integer({ min: 1, max: 9 }), (removed, limit) => {
        const book = new ServerBook();
        const records = Array.from({ length: 41 }, (_, serial) => record(serial));
        for (const one of records) book.add(one);
        for (const serial of removed) book.remove(records[serial] as ServerRecord);
        const paged: number[] = [];
        let page = book.newestFirst(limit);
        while (page.length > 0) {
          paged.push(...page.map(({ serial }) => serial));
          page = book.newestFirst(limit, page.at(-1));
        }
        const left = records.map(({ serial }) => serial).filter((serial) => !removed.includes(serial));
        expect(paged).toEqual(left.toReversed());
        expect([book.size, book.find('s0' as ServerId) === undefined]).toEqual([left.length, removed.includes(0)]);
      }),
    );
  });

  it('ignores a server that is not there any more', () => {
    const book = new ServerBook();
    const [one, two] = [record(1), record(2)];
    book.add(one);
    book.add(two);
    book.remove(one);
    book.remove(one);
    expect(book.all()).toEqual([two]);
  });
});

import type { JsonObject } from '@lutra/core';
import type { HttpAnswer } from './answer.ts';

/** The bytes of a row, made once for each object: answers of the world are snapshots that never change. */
const bytes = new WeakMap<JsonObject, Buffer>();
function bytesOf(row: JsonObject): Buffer {
  const known = bytes.get(row);
  if (known !== undefined) return known;
  const made = Buffer.from(JSON.stringify(row));
  bytes.set(row, made);
  return made;
}
const comma = Buffer.from(',');

interface Page {
  readonly rows: readonly JsonObject[];
  readonly rest: string;
  readonly body: Buffer;
}
/** Pages that were asked for last, by what was asked. Rows are the same objects for as long as nothing changed. */
const pages = new Map<string, Page>();
const mostPages = 32;

/** `{ name: rows, ...more }`, put together from bytes that are kept, and kept whole while the rows are the same. `key`: what was asked. */
export function rowsOf(key: string, name: string, rows: readonly JsonObject[], more: JsonObject): HttpAnswer {
  const rest = JSON.stringify(more).slice(1);
  const kept = pages.get(key);
  const same = kept?.rest === rest && kept.rows.length === rows.length && kept.rows.every((row, index) => row === rows[index]);
  const body = same && kept !== undefined ? kept.body : join(name, rows, rest);
  if (!same) keep(key, { rows, rest, body });
  return { status: 200, raw: { type: 'application/json', bytes: body } };
}

function join(name: string, rows: readonly JsonObject[], rest: string): Buffer {
  const parts: Buffer[] = [Buffer.from(`{${JSON.stringify(name)}:[`)];
  for (const [index, row] of rows.entries()) {
    if (index > 0) parts.push(comma);
    parts.push(bytesOf(row));
  }
  parts.push(Buffer.from(rest === '}' ? ']}' : `],${rest}`));
  return Buffer.concat(parts);
}

/** The page that was kept first makes room. */
function keep(key: string, page: Page): void {
  pages.delete(key);
  pages.set(key, page);
  const [oldest] = pages.keys();
  if (pages.size > mostPages && oldest !== undefined) pages.delete(oldest);
}

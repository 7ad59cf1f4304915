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

/** `{ name: rows, ...more }`, put together from bytes that are kept: a page costs as much as copying it. */
export function rowsOf(name: string, rows: readonly JsonObject[], more: JsonObject): HttpAnswer {
  const rest = JSON.stringify(more).slice(1);
  const parts: Buffer[] = [Buffer.from(`{${JSON.stringify(name)}:[`)];
  for (const [index, row] of rows.entries()) {
    if (index > 0) parts.push(comma);
    parts.push(bytesOf(row));
  }
  parts.push(Buffer.from(rest === '}' ? ']}' : `],${rest}`));
  return { status: 200, raw: { type: 'application/json', bytes: Buffer.concat(parts) } };
}

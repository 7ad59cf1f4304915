import type { Server } from '@lutra/core';
import { type AddressRule, addressesOf } from './address-rule.ts';
import { parseServer } from './parse-server.ts';
import { type Fields, fieldsIn, isWrong, type Reading, textIn, wrongField } from './reading.ts';

/** A page of servers. */
export interface ServersPage {
  readonly servers: readonly Server[];
  /**
   * Rows that tell nothing of their server: they cannot be read, or Nova cannot read them itself. They are as good as missing, so the core
   * asks for the known ones among them by id before it believes anything.
   */
  readonly unread: readonly UnreadServer[];
  /** The query of the next page; undefined = this is the last one. The last one may be empty (spec/openstack.md, N5). */
  readonly next: string | undefined;
}
export interface UnreadServer {
  /** Empty when not even that can be read. */
  readonly id: string;
  /** A sentence, for logs. */
  readonly problem: string;
}

/** Which rows are asked for. A service that does not know a filter lists everything (spec/openstack.md, N9). */
export type RowFilter = (row: Fields) => boolean;
export const anyRow: RowFilter = () => true;
export const isNamed =
  (name: string): RowFilter =>
  (row) =>
    row.name === name;
export const isAt =
  (address: string): RowFilter =>
  (row) =>
    addressesOf(row.addresses).includes(address);

/** The servers of an answer to `server.list`. A row that cannot be read fails itself; a page whose end cannot be told is no page. */
export function parseServers(body: unknown, rule: AddressRule, isAsked: RowFilter = anyRow): Reading<ServersPage> {
  const { servers: rows, servers_links: links } = fieldsIn(body);
  if (!Array.isArray(rows)) return wrongField('servers', 'a list', rows);
  const next = nextQueryIn(links, 'servers_links');
  if (isWrong(next)) return next;
  const servers: Server[] = [];
  const unread: UnreadServer[] = [];
  rows.forEach((row: unknown, index) => {
    const reading = parseServer(row, rule, `servers[${index}]`);
    const id = textIn(fieldsIn(row).id);
    if (isWrong(reading)) unread.push({ id, problem: reading.problem });
    else if (reading.value === undefined) unread.push({ id, problem: `servers[${index}] is known to Nova by its id alone` });
    else if (isAsked(fieldsIn(row))) servers.push(reading.value);
  });
  return { value: { servers, unread, next: next.value } };
}

/**
 * The query of the link to the next page; undefined when there is none. Host and path of a link are not believed. A list of links that
 * cannot be read may hide a page, so it is no end of the listing.
 */
export function nextQueryIn(links: unknown, field: string): Reading<string | undefined> {
  if (links === undefined || links === null) return { value: undefined };
  if (!Array.isArray(links)) return wrongField(field, 'a list', links);
  const next = links.find((link: unknown) => fieldsIn(link).rel === 'next');
  if (next === undefined) return { value: undefined };
  const query = queryOf(textIn(fieldsIn(next).href));
  return query === '' ? wrongField(`${field}[].href`, 'a link with a query', fieldsIn(next).href) : { value: query };
}

/** What follows the question mark of a link. */
export const queryOf = (href: string): string => /^[^?#]*\?([^#]*)/.exec(href)?.[1] ?? '';

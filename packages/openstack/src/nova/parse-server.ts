/** A server as Nova shows it (spec/providers.md, section 3.1; spec/openstack.md, N31 to N35), made into the core's. */
import {
  cutTo,
  type JsonValue,
  parseInstant,
  readServerMetadata,
  type Server,
  type ServerId,
  type ServerState,
  serverStateOf,
} from '@lutra/core';
import { type AddressRule, addressOf } from './address-rule.ts';
import { type Fields, fieldsIn, objectIn, type Reading, textIn, type WrongField, wrongField } from './reading.ts';

/** Characters of a fault's message that are kept. */
const longestFault = 1000;

/**
 * A server; undefined where Nova shows that it is there and cannot say more: the cell that keeps it is down (spec/openstack.md, section 2).
 * That is no answer about the server: what was last known of it stands. A status that nobody knows is a state like others.
 */
export function parseServer(json: unknown, rule: AddressRule, at = 'server'): Reading<Server | undefined> {
  const server = objectIn(json);
  if (server === undefined) return wrongField(at, 'an object', json);
  const id = textIn(server.id);
  if (id === '') return wrongField(`${at}.id`, 'a text', server.id);
  const status = textIn(server.status);
  if (status === '') return wrongField(`${at}.status`, 'a text', server.status);
  if (status === 'UNKNOWN' && objectIn(server.metadata) === undefined) return { value: undefined };
  return withTime(server, id as ServerId, stateIn(server), rule, at);
}

function withTime(
  server: Fields,
  id: ServerId,
  state: ServerState,
  rule: AddressRule,
  at: string,
): { readonly value: Server } | WrongField {
  const createdAt = parseInstant(textIn(server.created));
  if (createdAt === undefined) return wrongField(`${at}.created`, 'an instant such as 2016-01-02T03:04:05Z', server.created);
  const fault = cutTo(textIn(fieldsIn(server.fault).message), longestFault).trim();
  return {
    value: {
      id,
      name: textIn(server.name),
      state,
      createdAt,
      servicenetAddress: addressOf(server.addresses, rule),
      // Anything but an object is no metadata: the server is nobody's (spec/providers.md, section 3.1).
      ...readServerMetadata(fieldsIn(server.metadata)),
      ...(fault === '' ? {} : { fault }),
      links: linksIn(server.links),
    },
  };
}

/** What Nova calls links, verbatim. */
export const linksIn = (links: unknown): readonly JsonValue[] => (Array.isArray(links) ? (links as JsonValue[]) : []);

/** Task states differ in blanks and case between versions of Nova (spec/providers.md, section 3.4). */
const taskOf = (server: Fields): string => textIn(server['OS-EXT-STS:task_state']).trim().toLowerCase();

const stateIn = (server: Fields): ServerState => serverStateOf(textIn(server.status), taskOf(server));

/**
 * What a server that we deleted shows of its deletion. `shown`: it is being deleted, or is deleted. `not-shown` is no refusal: Nova forgets
 * to show a deletion for seconds and finishes it all the same (spec/openstack.md, N2), so an accepted delete is remembered, not sent again.
 */
export function deletionIn(json: unknown): 'shown' | 'not-shown' {
  const server = fieldsIn(json);
  const isGone = ['DELETED', 'SOFT_DELETED'].includes(textIn(server.status)) || textIn(server['OS-EXT-STS:vm_state']) === 'deleted';
  return isGone || ['deleting', 'soft-deleting'].includes(taskOf(server)) ? 'shown' : 'not-shown';
}

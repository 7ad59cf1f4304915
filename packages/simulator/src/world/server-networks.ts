import type { JsonValue } from '@lutra/core';
import type { Belongings } from './belongings.ts';
import { serviceNetwork } from './catalogue.ts';
import { objectOf, wordsOf } from './json-values.ts';
import type { ServerRecord } from './server-record.ts';

/** Ids of the networks that a create names. */
export const networkIdsIn = (networks: JsonValue | undefined): readonly string[] =>
  Array.isArray(networks) ? networks.map((entry: JsonValue) => wordsOf(objectOf(entry)?.uuid ?? '')).filter((id) => id !== '') : [];

/** What a server is attached to: the two networks of everybody unless it names others. `isolated`: its addresses by label of the tenant's own ones. */
export function attachmentsOf(
  { serial, request: { networks } }: Pick<ServerRecord, 'serial' | 'request'>,
  belongings: Pick<Belongings, 'network'>,
): { readonly service: boolean; readonly isolated: Readonly<Record<string, string>> } {
  const ids = networkIdsIn(networks);
  if (ids.length === 0) return { service: true, isolated: {} };
  const own = ids.map((id) => belongings.network(id)).filter((network) => network !== undefined && network.cidr !== null);
  const address = `192.168.${Math.floor(serial / 250) % 256}.${(serial % 250) + 2}`;
  return { service: ids.includes(serviceNetwork), isolated: Object.fromEntries(own.map((network) => [network?.label ?? '', address])) };
}

import { cutTo } from '../model/characters.ts';
import type { CreateToken, GroupId } from '../model/identifiers.ts';
import type { JsonObject, JsonValue } from '../model/json.ts';
import { desiredLoadBalancersOf, type LaunchConfiguration } from '../model/launch-configuration.ts';
import { isReservedKey, writeServerMetadata } from '../model/server-metadata.ts';
import type { ServerRequest } from '../ports.ts';

/** Characters of a server name that Nova takes (spec/rest.md, decision 9). */
const longestName = 255;
/** Hexadecimal digits of the token in the name: enough that a thousand servers of a group rarely share a name. */
const hashLength = 8;

/** The request that creates one server of a group: the launch configuration without metadata keys that are ours, a name of its own, and our metadata. */
export function serverRequest(
  launch: LaunchConfiguration,
  groupId: GroupId,
  token: CreateToken,
): ServerRequest & { readonly serverName: string } {
  const { server } = launch.args;
  const serverName = nameFor(server.name, token);
  const asked = Object.entries(objectOr(server.metadata)).filter(([key]) => !isReservedKey(key));
  const ours = writeServerMetadata(groupId, token, desiredLoadBalancersOf(launch));
  const metadata: JsonObject = { ...Object.fromEntries(asked), ...ours };
  return { server: { ...server, name: serverName, metadata }, serverName };
}

/** `{name}-AS{hash}`, the name cut so that all fits; `AS{hash}` without a name. */
function nameFor(name: JsonValue | undefined, token: CreateToken): string {
  const suffix = `AS${token.slice(0, hashLength)}`;
  if (typeof name !== 'string' || name === '') return suffix;
  return `${cutTo(name, longestName - suffix.length - 1)}-${suffix}`;
}

const objectOr = (value: JsonValue | undefined): JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : {};

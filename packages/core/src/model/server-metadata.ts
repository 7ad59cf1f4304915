import type { CreateToken, GroupId, LoadBalancerId, PoolId } from './identifiers.ts';
import type { DesiredLoadBalancer, DesiredNode } from './load-balancer.ts';

/** The metadata items by which a server says whose it is and where it must be (spec/providers.md, section 10). */
export const metadataKeys = {
  group: 'rax:autoscale:group:id',
  /** Still written, and read where the first is missing. */
  legacyGroup: 'rax:auto_scaling_group_id',
  /** + load balancer id; value: a JSON list of objects with `port`. */
  loadBalancer: 'rax:autoscale:lb:CloudLoadBalancer:',
  /** + pool id; value: empty. */
  pool: 'rax:autoscale:lb:RackConnectV3:',
  state: 'rax:autoscale:server:state',
  draining: 'DRAINING',
  createToken: 'lutra:create-token',
} as const;

/** Keys that make a server a group's; without them it is nobody's. */
export const ownershipPrefixes = ['rax:autoscale:', 'rax:auto_scaling', 'lutra:'] as const;

/** How metadata keys begin that only we write: a launch configuration that set them would make a server another group's, or drain it from its birth. */
export const reservedPrefixes = ['rax:autoscale:', 'rax:auto_scaling', metadataKeys.createToken] as const;

/** Whether a launch configuration may not set this metadata key of a server (spec/planner.md, D22). */
export const isReservedKey = (key: string): boolean => reservedPrefixes.some((prefix) => key.startsWith(prefix));

/** What a server's metadata says to us. Never fails: what is malformed is ignored. */
export interface ServerMarks {
  readonly groupId: GroupId | undefined;
  readonly desiredLoadBalancers: readonly DesiredLoadBalancer[];
  readonly marked: boolean;
  readonly createToken: CreateToken | undefined;
}

/** Reads the metadata of a server. */
export function readServerMetadata(metadata: Readonly<Record<string, unknown>>): ServerMarks {
  const text = (key: string): string | undefined => {
    const value = metadata[key];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  return {
    groupId: (text(metadataKeys.group) ?? text(metadataKeys.legacyGroup)) as GroupId | undefined,
    desiredLoadBalancers: placesIn(metadata),
    marked: metadata[metadataKeys.state] === metadataKeys.draining,
    createToken: text(metadataKeys.createToken) as CreateToken | undefined,
  };
}

/** Where a server must be: the same list, in the same order, however the cloud orders the items. */
function placesIn(metadata: Readonly<Record<string, unknown>>): readonly DesiredLoadBalancer[] {
  return Object.keys(metadata)
    .sort()
    .flatMap((key): readonly DesiredLoadBalancer[] => {
      if (key.startsWith(metadataKeys.loadBalancer)) {
        const loadBalancerId = key.slice(metadataKeys.loadBalancer.length) as LoadBalancerId;
        return portsIn(metadata[key]).map((port) => nodeAt(loadBalancerId, port));
      }
      if (!key.startsWith(metadataKeys.pool)) return [];
      return [{ kind: 'rcv3', poolId: key.slice(metadataKeys.pool.length).toLowerCase() as PoolId }];
    });
}

/** The metadata items of a server created for a group. */
export function writeServerMetadata(
  groupId: GroupId,
  token: CreateToken,
  loadBalancers: readonly DesiredLoadBalancer[],
): Record<string, string> {
  const metadata: Record<string, string> = {
    [metadataKeys.group]: groupId,
    [metadataKeys.legacyGroup]: groupId,
    [metadataKeys.createToken]: token,
  };
  const ports = new Map<LoadBalancerId, { port: number }[]>();
  for (const desired of loadBalancers) {
    if (desired.kind === 'rcv3') metadata[metadataKeys.pool + desired.poolId] = '';
    else ports.set(desired.loadBalancerId, [...(ports.get(desired.loadBalancerId) ?? []), { port: desired.port }]);
  }
  for (const [id, list] of ports) metadata[metadataKeys.loadBalancer + id] = JSON.stringify(list);
  return metadata;
}

/** A plain member of a load balancer: weight 1, ENABLED, PRIMARY. */
const nodeAt = (loadBalancerId: LoadBalancerId, port: number): DesiredNode => ({
  kind: 'clb',
  loadBalancerId,
  port,
  weight: 1,
  condition: 'ENABLED',
  type: 'PRIMARY',
});

function portsIn(value: unknown): readonly number[] {
  if (typeof value !== 'string') return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return []; // somebody edited it: the server is then wanted on no port of this load balancer
  }
  if (!Array.isArray(parsed)) return [];
  const ports = parsed.map((entry: unknown) => (entry !== null && typeof entry === 'object' && 'port' in entry ? entry.port : undefined));
  return [...new Set(ports.filter((port) => typeof port === 'number' && Number.isInteger(port)))] as number[];
}

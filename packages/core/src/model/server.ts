import type { CreateToken, GroupId, ServerId } from './identifiers.ts';
import type { JsonValue } from './json.ts';
import type { DesiredLoadBalancer } from './load-balancer.ts';
import type { EpochMs } from './time.ts';

/** The Nova statuses that we know (Compute API, "Server statuses"). */
export const novaStatuses = [
  'ACTIVE',
  'BUILD',
  'DELETED',
  'ERROR',
  'HARD_REBOOT',
  'MIGRATING',
  'PASSWORD',
  'PAUSED',
  'REBOOT',
  'REBUILD',
  'RESCUE',
  'RESIZE',
  'REVERT_RESIZE',
  'SHUTOFF',
  'SUSPENDED',
  'UNKNOWN',
  'VERIFY_RESIZE',
] as const;

/** A Nova `status`; one that we do not know is `'UNRECOGNISED'`, never an error. */
export type ServerState = (typeof novaStatuses)[number] | 'UNRECOGNISED';

const known: ReadonlySet<string> = new Set(novaStatuses);

/** The state of a server: its `status`, but DELETED while its `OS-EXT-STS:task_state` is "deleting" (Nova keeps the old status for many minutes). */
export function serverStateOf(status: string, taskState: string | null | undefined): ServerState {
  if (taskState === 'deleting') return 'DELETED';
  return known.has(status) ? (status as ServerState) : 'UNRECOGNISED';
}

/** A Nova server of one scaling group, as the planner sees it. */
export interface Server {
  readonly id: ServerId;
  readonly name: string;
  readonly state: ServerState;
  /** When Nova accepted the create (Nova `created`), in the cloud's time. */
  readonly createdAt: EpochMs;
  /** First private IPv4 address that starts with `10.`; empty when the server has none (yet). */
  readonly servicenetAddress: string;
  /** From metadata `rax:autoscale:group:id`, else `rax:auto_scaling_group_id`; undefined for a server of nobody's group. */
  readonly groupId: GroupId | undefined;
  /** Where it must be, from its own metadata: a changed launch configuration does not move old servers. */
  readonly desiredLoadBalancers: readonly DesiredLoadBalancer[];
  /** Carries our draining mark (metadata `rax:autoscale:server:state` = `DRAINING`). */
  readonly marked: boolean;
  /** Metadata `lutra:create-token`. */
  readonly createToken: CreateToken | undefined;
  /** Why it is in ERROR (Nova `fault.message`); absent where Nova does not say. */
  readonly fault?: string;
  /** Nova `links`, verbatim: the state call shows them. */
  readonly links: readonly JsonValue[];
}

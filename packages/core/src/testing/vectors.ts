import type { LoadBalancerId, NodeId, PoolId, ServerId } from '../model/identifiers.ts';
import type { DesiredLoadBalancer, Node, NodeCondition, NodeType, PoolMember } from '../model/load-balancer.ts';
import type { Adjustment } from '../model/policy.ts';
import { type Server, serverStateOf } from '../model/server.ts';
import { metadataKeys, readServerMetadata } from '../model/server-metadata.ts';
import { epochMs, seconds } from '../model/time.ts';
import type { DesiredGroup, Observation } from '../planner/desired.ts';
import { unboundedHealing } from '../planner/healing.ts';
import { planGroup } from '../planner/planning.ts';
import { type Reason, sentenceOf } from '../planner/reasons.ts';
import type { Step } from '../planner/steps.ts';
import { transform } from '../planner/transforming.ts';
import { adjust } from '../policy/adjustment.ts';

/** One line of the planner vectors, as far as it is read. Times are epoch seconds. */
interface PlanCase {
  readonly id: string;
  readonly input: {
    readonly now: number;
    readonly timeout: number;
    readonly desired: { readonly capacity: number; readonly draining_timeout: number; readonly server_config: unknown };
    readonly servers: readonly VectorServer[];
    readonly lb_nodes: readonly VectorNode[];
    readonly lbs: Readonly<Record<string, { readonly health_monitor: boolean }>>;
    readonly step_limits: { readonly create_server?: number } | null;
  };
}
interface VectorServer {
  readonly id: string;
  readonly created: number;
  readonly servicenet_address?: string;
  readonly desired_lbs: readonly { readonly type: string; readonly lb_id: string; readonly port?: number; readonly weight?: number }[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly state?: string;
  readonly status?: string;
  readonly task_state?: string | null;
}
type VectorNode =
  | { readonly type: 'RCv3'; readonly node_id: string; readonly lb_id: string; readonly cloud_server_id: string }
  | {
      readonly type: 'CLB';
      readonly node_id: string;
      readonly lb_id: string;
      readonly address: string;
      readonly port: number;
      readonly weight: number;
      readonly condition: NodeCondition;
      readonly node_type: NodeType;
      readonly drained_at: number | null;
      readonly connections: number | null;
      readonly is_online: boolean;
    };
/** A step in the canonical form of the vectors. */
type Canonical = Readonly<Record<string, unknown>> & { readonly type: string };

/** Plans one vector case with additive membership, and without the bounds that the vectors do not know. */
export function answerPlan({ id, input }: PlanCase): {
  readonly id: string;
  readonly steps_raw: readonly Canonical[];
  readonly steps: readonly Canonical[];
} {
  const desired: DesiredGroup = {
    capacity: input.desired.capacity,
    drainingTimeout: seconds(input.desired.draining_timeout),
    removals: new Map(),
    deletions: new Map(),
    healing: unboundedHealing,
  };
  const observed: Observation = {
    servers: input.servers.map(toServer),
    nodes: input.lb_nodes.filter((node) => node.type === 'CLB').map(toNode),
    poolMembers: input.lb_nodes
      .filter((node) => node.type === 'RCv3')
      .map((node): PoolMember => ({ poolId: node.lb_id as PoolId, serverId: node.cloud_server_id as ServerId })),
    healthMonitors: new Map(Object.entries(input.lbs).map(([lb, { health_monitor }]) => [lb as LoadBalancerId, health_monitor])),
    unseen: 0,
    unconfirmed: [],
    vanished: 0,
  };
  const timeout = seconds(input.timeout);
  const planned = planGroup(desired, observed, epochMs(input.now * 1000), {
    buildTimeout: timeout,
    offlineTimeout: timeout,
    loadBalancerMembership: 'additive',
  });
  const raw = planned.filter(({ because }) => because[0].rule !== 'no-address'); // the original had no word for it (decision 49)
  const unlimited = Number.POSITIVE_INFINITY;
  const limits = { creates: input.step_limits?.create_server ?? unlimited, others: unlimited, bulkAdd: unlimited, bulkRemove: unlimited };
  const canonical = (steps: readonly Step[]) => counted(steps.map((step) => toCanonical(step, input.desired.server_config)));
  return { id, steps_raw: canonical(raw), steps: canonical(transform(raw, limits)) };
}

/** Statuses that the original did not know (spec/planner.md, D19). */
const unknownToVectors: ReadonlySet<string> = new Set(['PAUSED', 'REBOOT']);

const toServer = (server: VectorServer): Server => {
  const status = server.state ?? server.status ?? 'UNKNOWN';
  const { marked } = readServerMetadata(server.metadata);
  return {
    id: server.id as ServerId,
    name: server.id,
    state: serverStateOf(unknownToVectors.has(status) ? 'UNKNOWN' : status, server.task_state),
    createdAt: epochMs(server.created * 1000),
    servicenetAddress: server.servicenet_address ?? '',
    groupId: undefined,
    desiredLoadBalancers: server.desired_lbs.map(
      (lb): DesiredLoadBalancer =>
        lb.type === 'RCv3'
          ? { kind: 'rcv3', poolId: lb.lb_id as PoolId }
          : {
              kind: 'clb',
              loadBalancerId: lb.lb_id as LoadBalancerId,
              port: lb.port ?? 0,
              weight: lb.weight ?? 1,
              condition: 'ENABLED',
              type: 'PRIMARY',
            },
    ),
    marked,
    createToken: undefined,
    links: [],
  };
};

const toNode = (node: Extract<VectorNode, { type: 'CLB' }>): Node => ({
  id: node.node_id as NodeId,
  loadBalancerId: node.lb_id as LoadBalancerId,
  address: node.address,
  port: node.port,
  weight: node.weight,
  condition: node.condition,
  status: node.is_online ? 'ONLINE' : 'OFFLINE',
  type: node.node_type,
  connections: node.connections ?? undefined,
  drainingSince: node.drained_at === null ? undefined : epochMs(node.drained_at * 1000),
});

function toCanonical(step: Step, serverConfig: unknown): Canonical {
  switch (step.kind) {
    case 'create-server':
      return { type: 'CreateServer', server_config: serverConfig };
    case 'delete-server':
      return { type: 'DeleteServer', server_id: step.serverId };
    case 'mark-server':
      return { type: 'SetMetadataItemOnServer', server_id: step.serverId, key: metadataKeys.state, value: metadataKeys.draining };
    case 'release-server':
      return { type: 'ReleaseServer', server_id: step.serverId };
    case 'add-nodes':
      return {
        type: 'AddNodesToCLB',
        lb_id: step.loadBalancerId,
        address_configs: step.nodes.map(({ address, port, weight, condition, type }) => ({
          address,
          port,
          weight,
          condition,
          node_type: type,
        })),
      };
    case 'remove-nodes':
      return { type: 'RemoveNodesFromCLB', lb_id: step.loadBalancerId, node_ids: [...step.nodeIds].sort() };
    case 'change-node': {
      const { condition, weight, type } = step.change;
      return { type: 'ChangeCLBNode', lb_id: step.loadBalancerId, node_id: step.nodeId, condition, weight, node_type: type };
    }
    case 'add-pool-members':
      return { type: 'BulkAddToRCv3', lb_node_pairs: pairs(step.members) };
    case 'remove-pool-members':
      return { type: 'BulkRemoveFromRCv3', lb_node_pairs: pairs(step.members) };
    case 'converge-later':
      return { type: 'ConvergeLater', limited: step.limited, reasons: step.because.map(toCanonicalReason) };
    case 'fail':
      return { type: 'FailConvergence', reasons: step.because.map(toCanonicalReason) };
  }
}

const pairs = (members: readonly PoolMember[]) => members.map(({ poolId, serverId }) => [poolId, serverId]);

function toCanonicalReason(reason: Reason): Readonly<Record<string, unknown>> {
  if (reason.rule === 'no-health-monitor-information') {
    return { kind: 'Exception', exception: 'CLBHealthInfoNotFound', lb_id: reason.loadBalancerId };
  }
  return { kind: reason.rule === 'waiting-for-server' ? 'UserMessage' : 'String', text: sentenceOf(reason) };
}

/** Equal steps become one with a count. */
function counted(steps: readonly Canonical[]): readonly Canonical[] {
  const counts = new Map<string, { readonly step: Canonical; count: number }>();
  for (const step of steps) {
    const key = JSON.stringify(step);
    const there = counts.get(key);
    if (there === undefined) counts.set(key, { step, count: 1 });
    else there.count += 1;
  }
  return [...counts.values()].map(({ step, count }) => {
    const only = step.type === 'CreateServer' ? count : 1; // the same wait, mark or failure said twice is said once
    return { ...step, count: only };
  });
}

/** One line of the policy vectors. */
interface PolicyCase {
  readonly id: string;
  readonly input: {
    readonly current: number;
    readonly min: number;
    readonly max: number | null;
    readonly policy: { readonly change?: number; readonly changePercent?: number; readonly desiredCapacity?: number };
  };
}

/** Executes one policy vector. */
export function answerPolicy({ id, input }: PolicyCase): Readonly<Record<string, unknown>> {
  const { change, changePercent, desiredCapacity } = input.policy;
  let adjustment: Adjustment;
  if (change !== undefined) adjustment = { change };
  else if (changePercent !== undefined) adjustment = { changePercent };
  else if (desiredCapacity !== undefined) adjustment = { desiredCapacity };
  else return { id, error: 'the policy has none of change, changePercent, desiredCapacity' };
  const desired = adjust(input.current, adjustment, { min: input.min, max: input.max ?? 1000 });
  return { id, desired, delta: desired - input.current };
}

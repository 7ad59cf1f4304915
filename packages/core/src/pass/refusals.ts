/**
 * What a pass makes of writes that the cloud refused for good (spec/planner.md, D14 to D16): a block that stands until a command; a hold,
 * where something of the tenant is on its way out and will make room; or, where neither fits, a cause that ends when it is refused no more.
 */
import type { BlockSubject } from '../model/cause.ts';
import type { LoadBalancerId, PoolId, ServerId } from '../model/identifiers.ts';
import type { ServerState } from '../model/server.ts';
import { holdKeys } from '../planner/desired.ts';
import type { StepOf } from '../planner/steps.ts';
import type { FoundCause } from './causes.ts';
import type { StepResult } from './executing.ts';
import type { PlannedWrite } from './settling.ts';
import type { FoundWait } from './waiting.ts';

/** What a refusal is judged by. */
export interface RefusalFacts {
  /** Servers that counted when the pass began, with the creates of which nothing is known. */
  readonly present: () => number;
  /** Nodes on each load balancer, whosever they are. */
  readonly nodeCounts: ReadonlyMap<LoadBalancerId, number>;
  /** What stands already. */
  readonly blocks: readonly BlockSubject[];
  /** The limit of a load balancer by which its nodes are held back already, by the key of the hold. */
  readonly limits: (key: string) => number | undefined;
  /** The state in which a server was seen. */
  readonly stateOf: (id: ServerId) => ServerState;
  /** Whether servers of the tenant are on their way out, or left not long ago: their place is free soon. */
  readonly leaving: boolean;
  /** Load balancers of which some node drains. */
  readonly draining: ReadonlySet<LoadBalancerId>;
}

/** What came of a pass's refusals, and its results without them. */
export interface JudgedRefusals {
  readonly results: readonly StepResult[];
  readonly causes: readonly FoundCause[];
  readonly waits: readonly FoundWait[];
}

/** Judges every write that failed. The results then say `retry`, for everything else of the group goes on. */
export function judgeRefusals(writes: readonly PlannedWrite[], results: readonly StepResult[], facts: RefusalFacts): JudgedRefusals {
  const causes: FoundCause[] = [];
  const waits: FoundWait[] = [];
  const made = results.filter(({ created, effect }, index) => created !== undefined || isOpenCreate(writes[index], effect)).length;
  const judged = results.map((result, index): StepResult => {
    const write = writes[index];
    if (result.conflict && write !== undefined && 'serverId' in write.step) waits.push(heldServer(write.step.serverId, result, facts));
    if (result.status !== 'failed' || write === undefined) return result;
    const { reason: sentence } = result;
    const missing = result.refusal === 'no-such-service' ? holdOf(write.step) : undefined;
    if (missing !== undefined) {
      // the account may be suspended: said at once, and tried on at a slow pace
      waits.push({ key: missing, sentence, refused: {} });
      causes.push({ kind: 'waited', key: missing, sentence, counter: missing === holdKeys.creates ? 'createResets' : 'resets' });
      return { ...result, status: 'retry' };
    }
    const apart = apartKey(write.step, result);
    if (apart !== undefined) {
      waits.push({ key: apart, sentence, refused: {} });
      return { ...result, status: 'retry' };
    }
    const subjects = subjectsOf(write.step, result, facts, made);
    if (subjects.length === 0) {
      const key = 'loadBalancerId' in write.step ? holdKeys.balancer(write.step.loadBalancerId, sentence) : sentence;
      causes.push({ kind: 'waited', key, sentence, counter: 'resets' });
      return { ...result, status: 'retry', fault: true };
    }
    for (const subject of subjects) {
      const wait = makesRoom(subject, facts) ? waitFor(subject, sentence) : undefined;
      if (wait !== undefined) waits.push(wait);
      else causes.push({ kind: 'block', subject, sentence, counter: isOfCreates(subject) ? 'createResets' : 'resets' });
    }
    return { ...result, status: 'retry' };
  });
  return { results: judged, causes, waits };
}

/** Its server may be there: it counts as one that is. */
const isOpenCreate = (write: PlannedWrite | undefined, effect: StepResult['effect']): boolean =>
  write?.step.kind === 'create-server' && effect === 'unknown';

const portsOf = ({ nodes }: StepOf<'add-nodes'>): readonly number[] => [...new Set(nodes.map(({ port }) => port))];

/**
 * The key under which the parts of a call are sent apart next time, where the refusal may be about one of several ports or pools: the others
 * must not be kept out by it (D16). undefined = the call has one part, or the refusal says which it is about.
 */
function apartKey(step: PlannedWrite['step'], { refusal, reason }: StepResult): string | undefined {
  if (step.kind === 'add-nodes') {
    const isWhole = refusal === 'node-limit' || isOfWhole(refusal);
    return isWhole || portsOf(step).length < 2 ? undefined : holdKeys.ports(step.loadBalancerId);
  }
  if (step.kind !== 'add-pool-members' || refusal === 'no-such-service') return undefined;
  return poolsOf(step).length < 2 || namedIn(reason, step).length > 0 ? undefined : holdKeys.pools;
}

const poolsOf = ({ members }: StepOf<'add-pool-members'>): readonly PoolId[] => [...new Set(members.map(({ poolId }) => poolId))];
const namedIn = (reason: string, step: StepOf<'add-pool-members'>): readonly PoolId[] =>
  poolsOf(step).filter((poolId) => reason.toLowerCase().includes(poolId));

/** Whether the load balancer refuses every node, whatever its port. */
const isOfWhole = (refusal: StepResult['refusal']): boolean => refusal === 'no-such-load-balancer' || refusal === 'load-balancer-deleted';

/** A step on a server that its state does not allow (D23). */
function heldServer(serverId: ServerId, { reason }: StepResult, { stateOf }: RefusalFacts): FoundWait {
  const sentence = `Server ${serverId} cannot be changed or deleted for now: ${reason}`;
  return { key: holdKeys.server(serverId), sentence, refused: { state: stateOf(serverId) } };
}

/** The key under which a step can be held back. */
function holdOf(step: PlannedWrite['step']): string | undefined {
  if (step.kind === 'create-server') return holdKeys.creates;
  return step.kind === 'add-nodes' ? holdKeys.nodes(step.loadBalancerId) : undefined;
}

/** What was refused; empty where nothing is known that could be left out of the next plan. */
function subjectsOf(
  step: PlannedWrite['step'],
  { refusal, reason }: StepResult,
  facts: RefusalFacts,
  made: number,
): readonly BlockSubject[] {
  if (refusal === 'no-such-service') return [];
  switch (step.kind) {
    case 'create-server':
      return [refusal === 'over-quota' ? { of: 'quota', servers: facts.present() + made } : { of: 'launch-configuration' }];
    case 'add-nodes': {
      const { loadBalancerId } = step;
      if (refusal === 'node-limit') return [nodeLimit(loadBalancerId, reason, facts)];
      const [port] = portsOf(step);
      return isOfWhole(refusal) || port === undefined ? [{ of: 'load-balancer', loadBalancerId }] : [{ of: 'port', loadBalancerId, port }];
    }
    case 'change-node':
      return refusal === 'no-such-node' ? [] : [{ of: 'load-balancer', loadBalancerId: step.loadBalancerId }];
    case 'add-pool-members': {
      const named = namedIn(reason, step);
      return (named.length > 0 ? named : poolsOf(step)).map((poolId) => ({ of: 'pool', poolId }));
    }
    default:
      return [];
  }
}

/**
 * How many nodes fit: as many as the cloud says, unless it refused the same number of nodes by that limit before; then no more than
 * there are (D16). It never becomes more by a further refusal (D14).
 */
function nodeLimit(loadBalancerId: LoadBalancerId, sentence: string, facts: RefusalFacts): BlockSubject {
  const seen = facts.nodeCounts.get(loadBalancerId) ?? 0;
  const told = Number(/more than (\d+) nodes/.exec(sentence)?.[1] ?? seen); // the sentence of spec/providers.md, section 11
  const before = facts.blocks.find((subject) => subject.of === 'nodes' && subject.loadBalancerId === loadBalancerId);
  const held = facts.limits(holdKeys.nodes(loadBalancerId));
  const least = Math.min(before?.of === 'nodes' ? before.most : told, held ?? told);
  const isCutInVain = least < told || (before?.of === 'nodes' && before.most === told && before.seen === seen) || held === told;
  return { of: 'nodes', loadBalancerId, most: isCutInVain ? Math.min(least, seen) : Math.max(told, seen), seen };
}

/** Whether what leaves makes room for what was refused (D15). */
function makesRoom(subject: BlockSubject, { leaving, draining }: RefusalFacts): boolean {
  if (subject.of === 'quota') return leaving;
  return subject.of === 'nodes' && (leaving || draining.has(subject.loadBalancerId));
}

function waitFor(subject: BlockSubject, sentence: string): FoundWait | undefined {
  if (subject.of === 'quota') return { key: holdKeys.creates, sentence, refused: {} };
  return subject.of === 'nodes' ? { key: holdKeys.nodes(subject.loadBalancerId), sentence, refused: { most: subject.most } } : undefined;
}

const isOfCreates = ({ of }: BlockSubject): boolean => of === 'quota' || of === 'launch-configuration';

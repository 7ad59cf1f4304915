/** The first phase of a pass: it reads its group from the store, and looks at it in the cloud. It writes nothing. */
import { CloudError } from '../errors.ts';
import type { NodeRecords } from '../model/node-record.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import { between, epochMs, later } from '../model/time.ts';
import { nextPassAt, phaseOf } from '../model/wake-ups.ts';
import type { Options } from '../options.ts';
import type { Metrics } from '../ports.ts';
import { observeGroup, type ViewPorts } from './observing.ts';
import { type Ending, type Seen, takeUp } from './pass.ts';

/** What the beginning of a pass needs. */
export interface BeginPorts extends ViewPorts {
  readonly options: Options;
  readonly metrics: Pick<Metrics, 'wokeUp'>;
  readGroup(): Promise<ScalingGroup | undefined>;
  /** The nodes that the group added, with those that it looks after for others. */
  readRecords(group: ScalingGroup): Promise<NodeRecords>;
}

/** Begins a pass. A look that takes longer than `observeDeadline` counts as a cloud that does not answer. Rejects with the LutraError of a store that cannot be read. */
export async function beginPass(ports: BeginPorts): Promise<Seen | Ending> {
  const group = await ports.readGroup();
  if (group === undefined) return { kind: 'removed' };
  if (phaseOf(group) === 'paused') return { kind: 'paused' };
  const now = ports.clock.now();
  const dueAt = nextPassAt(group, now);
  if (dueAt !== undefined) ports.metrics.wokeUp(between(dueAt, now));
  const records = await ports.readRecords(group);
  const pass = takeUp(group, records, now, ports.options);
  const until = epochMs(Math.min(pass.deadline, later(now, ports.options.observeDeadline)));
  try {
    return { kind: 'seen', pass, view: await observeGroup(pass.group, records, ports, until) };
  } catch (error) {
    if (error instanceof CloudError) return { kind: 'unobserved', pass, error };
    throw error;
  }
}

/**
 * What is remembered of a group from pass to pass, so that a pass which is shown what the last one was shown does not work out again what
 * follows from it. Things are the same here when they are the very same objects. Nothing depends on it: a pass that remembers nothing
 * comes to the same end, and whoever forgets, as a host that starts, loses time only.
 */
import { areSameItems } from '../model/list-changes.ts';
import { Remembered } from '../model/remembered.ts';
import type { GroupRows, Intent } from '../model/scaling-group.ts';
import { sameTable } from '../model/tables.ts';
import { type EpochMs, later } from '../model/time.ts';
import type { Options } from '../options.ts';
import type { PlacesOfGroup } from './group-places.ts';
import { hasDepartedWithTraces } from './leftovers.ts';
import type { LoadBalancerIndex, Observation } from './observation.ts';
import type { GroupView } from './observing.ts';
import { type Step, waitsForServersOnly } from './steps.ts';

/** What a pass saw, and what followed from it. */
interface Sight {
  readonly view: GroupView;
  readonly steps: readonly Step[];
}

/** The sight of a pass that has looked. */
interface Seen extends Sight {
  readonly observation: Observation;
  /** Whether the cloud was asked about single servers: then it has to be asked again. */
  readonly asked: boolean;
}

/** What was seen while only servers were waited for, from what, and until when it holds. */
interface Waiting extends Sight {
  readonly from: readonly unknown[];
  /** In the cloud's time: then the first server has built for too long. */
  readonly holdsInCloudUntil: EpochMs;
  /** On our clock: then the first delete is to be sent again. */
  readonly holdsUntil: EpochMs;
}

/** What is remembered of one group. */
export class GroupMemory {
  /** Where its servers are: from its launch configuration, its known servers and its listed ones. */
  readonly places = new Remembered<PlacesOfGroup>();
  /** How its load balancers look together: from how each of them does. */
  readonly loadBalancers = new Remembered<LoadBalancerIndex>();
  /** How many of its known servers are active: from all of them. */
  readonly tally = new Remembered<{ readonly active: number; readonly servers: number }>();
  #waiting: Waiting | undefined;

  /** What the last pass saw, if it only waited for servers, this one is shown the same, and time alone does not change the plan. */
  recall(rows: GroupRows, observation: Observation, now: EpochMs): Sight | undefined {
    const waiting = this.#waiting;
    if (waiting === undefined || observation.scope === 'tenant') return undefined; // a look at everything has more to clean up after
    const holds = observation.cloudNow < waiting.holdsInCloudUntil && now < waiting.holdsUntil;
    return holds && areSameItems(waiting.from, inputsOf(rows, observation)) ? waiting : undefined;
  }

  /**
   * Keeps what a pass saw if it only waits for servers and leaves the rows as they were, so that the next one is to see the same; forgets
   * everything otherwise.
   */
  keep(rows: GroupRows, { observation, view, steps, asked }: Seen, { buildTimeout }: Pick<Options, 'buildTimeout'>): void {
    this.#waiting = undefined;
    if (asked || !waitsForServersOnly(steps) || view.observed.unseen > 0 || hasDepartedWithTraces(rows, observation)) return;
    const { intents } = rows.progress;
    const stays = sameTable(rows.servers, view.known) === rows.servers && sameTable(intents, view.intents) === intents;
    if (!stays) return;
    const built = view.servers.filter(({ state }) => state === 'BUILD').map(({ createdAt }) => later(createdAt, buildTimeout));
    const again = Object.values(intents).flatMap((intent: Intent) => (intent.kind === 'delete' ? [intent.againAt] : []));
    this.#waiting = {
      view: { ...view, known: rows.servers, intents },
      steps,
      from: inputsOf(rows, observation),
      holdsInCloudUntil: earliest(built),
      holdsUntil: earliest(again),
    };
  }
}

/** All that a view and its plan follow from, but for time, and for what `keep` and `recall` refuse: that depends on other groups, too. */
const inputsOf = ({ groupId, wish, progress, servers }: GroupRows, observation: Observation): readonly unknown[] => [
  wish,
  progress.brake,
  progress.intents,
  servers,
  observation.serversOf(groupId),
  observation.nodesByAddress,
  observation.healthMonitors,
  observation.locked,
  observation.membersByServer,
];

const earliest = (instants: readonly EpochMs[]): EpochMs => Math.min(...instants, Number.POSITIVE_INFINITY) as EpochMs;

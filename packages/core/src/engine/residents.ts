/** The actors of a tenant's groups that have something to do, or had until lately. Their rows hold everything: any may be dropped. */
import { createActor } from 'xstate';
import type { GroupFacts } from '../group/scaling-group-machine.ts';
import type { GroupId } from '../model/identifiers.ts';
import type { GroupRef } from '../model/scaling-group.ts';
import { between, type DurationMs, type EpochMs } from '../model/time.ts';
import type { Clock, Log } from '../ports.ts';
import type { BoundMachine } from './bound-machine.ts';

/** The actor of one group. */
export type GroupActor = ReturnType<typeof createActor<BoundMachine>>;

interface Resident {
  readonly actor: GroupActor;
  /** Since when it has been at rest; undefined while it is not. */
  restingSince: EpochMs | undefined;
}

export class Residents {
  readonly #machine: BoundMachine;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #left: (groupId: GroupId) => void;
  readonly #all = new Map<GroupId, Resident>();
  /** Those at rest, longest first. */
  readonly #resting = new Map<GroupId, Resident>();

  /** `machine`: with its effects bound; `left`: called when a group's actor is no more. */
  constructor(machine: BoundMachine, clock: Clock, log: Log, left: (groupId: GroupId) => void) {
    this.#machine = machine;
    this.#clock = clock;
    this.#log = log;
    this.#left = left;
  }

  get size(): number {
    return this.#all.size;
  }

  actorOf(groupId: GroupId): GroupActor | undefined {
    return this.#all.get(groupId)?.actor;
  }

  /** All of them, as they are now. */
  actors(): readonly GroupActor[] {
    return [...this.#all.values()].map(({ actor }) => actor);
  }

  /** Makes and starts the actor of a group that has none. */
  spawn(ref: GroupRef, facts: GroupFacts): GroupActor {
    const actor = createActor(this.#machine, { input: { ref, facts } });
    const resident: Resident = { actor, restingSince: undefined };
    this.#all.set(ref.groupId, resident);
    actor.subscribe({
      next: (snapshot) => {
        this.#noteRest(ref.groupId, resident, !snapshot.hasTag('busy'));
        if (snapshot.status === 'done') this.#forget(ref.groupId, resident);
      },
      error: (error: unknown) => {
        this.#log.error({ ...ref, err: error }, 'the actor of a group failed; it is made anew at its next wake-up');
        this.#forget(ref.groupId, resident);
      },
    });
    actor.start();
    return actor;
  }

  /** Drops those that have rested for `after` or longer. */
  passivate(now: EpochMs, after: DurationMs): void {
    for (const [groupId, resident] of this.#resting) {
      if (between(resident.restingSince ?? now, now) < after) return;
      resident.actor.stop();
      this.#forget(groupId, resident);
    }
  }

  #noteRest(groupId: GroupId, resident: Resident, resting: boolean): void {
    if (resting === (resident.restingSince !== undefined)) return;
    resident.restingSince = resting ? this.#clock.now() : undefined;
    if (resting) this.#resting.set(groupId, resident);
    else this.#resting.delete(groupId);
  }

  #forget(groupId: GroupId, resident: Resident): void {
    this.#resting.delete(groupId);
    if (this.#all.get(groupId) !== resident) return;
    this.#all.delete(groupId);
    this.#left(groupId);
  }
}

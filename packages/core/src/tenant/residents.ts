/** The actors of a tenant's groups that have something to do, or had until lately. The store holds everything: any may be dropped. */
import { Subscription } from 'rxjs';
import { createActor } from 'xstate';
import type { GroupId } from '../model/identifiers.ts';
import type { GroupRef } from '../model/scaling-group.ts';
import { between, type DurationMs, type EpochMs, later } from '../model/time.ts';
import type { Clock, Log } from '../ports.ts';
import type { BoundMachine } from './bound-machine.ts';
import type { GroupFacts } from './group-facts.ts';
import { groupActorId } from './scaling-group-machine.ts';

/** The actor of one group. */
export type GroupActor = ReturnType<typeof createActor<BoundMachine>>;

/** Called when a group's actor is no more. `isDeleted`: its group is not, either. */
type Left = (groupId: GroupId, isDeleted: boolean) => void;

interface Resident {
  readonly actor: GroupActor;
  /** Since when it has been at rest; undefined while it is not. */
  restingSince: EpochMs | undefined;
}

export class Residents {
  readonly #machine: BoundMachine;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #passivateAfter: DurationMs;
  readonly #left: Left;
  readonly #all = new Map<GroupId, Resident>();
  /** Those at rest, longest first. */
  readonly #resting = new Map<GroupId, Resident>();
  /** Waits until the one that has rested longest may be dropped; undefined when nobody is waited for. */
  #passivating: Subscription | undefined;

  /** `machine`: with its effects bound; `passivateAfter`: so long an actor rests before it is dropped. */
  constructor(machine: BoundMachine, clock: Clock, log: Log, passivateAfter: DurationMs, left: Left) {
    this.#machine = machine;
    this.#clock = clock;
    this.#log = log;
    this.#passivateAfter = passivateAfter;
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

  /** Groups of which a pass is in flight, or waits for its turn. */
  get passing(): readonly GroupId[] {
    return [...this.#all].flatMap(([groupId, { actor }]) => (isPassing(actor) ? [groupId] : []));
  }

  /** Whether a pass over the group is in flight, or waits for its turn. */
  isPassing(groupId: GroupId): boolean {
    const actor = this.actorOf(groupId);
    return actor !== undefined && isPassing(actor);
  }

  /** Resolves when no pass over the group is in flight, or waits for its turn. */
  async rested(groupId: GroupId): Promise<void> {
    const actor = this.actorOf(groupId);
    if (actor === undefined || !isPassing(actor)) return;
    await new Promise<void>((resolve) => {
      actor.subscribe({ next: () => isPassing(actor) || resolve(), complete: resolve, error: () => resolve() });
    });
  }

  /** Makes and starts the actor of a group that has none. */
  spawn(ref: GroupRef, facts: GroupFacts): GroupActor {
    const actor = createActor(this.#machine, { input: { ref, facts }, systemId: groupActorId });
    const resident: Resident = { actor, restingSince: undefined };
    this.#all.set(ref.groupId, resident);
    actor.subscribe({
      next: (snapshot) => {
        this.#noteRest(ref.groupId, resident, !snapshot.hasTag('busy'));
        const { made } = snapshot.context.pass;
        if (snapshot.value === 'failed' && made?.kind === 'broken') this.#complain(ref, made.error);
        if (snapshot.status === 'done') this.#forget(ref.groupId, resident);
      },
      error: (error: unknown) => {
        this.#complain(ref, error);
        this.#forget(ref.groupId, resident);
      },
    });
    actor.start();
    return actor;
  }

  /** Drops none any more. */
  stop(): void {
    this.#passivating?.unsubscribe();
    this.#passivating = Subscription.EMPTY;
  }

  /** Drops those that have rested long enough, and waits for the next one. */
  #passivate(): void {
    this.#passivating = undefined;
    const now = this.#clock.now();
    for (const [groupId, resident] of this.#resting) {
      const end = later(resident.restingSince ?? now, this.#passivateAfter);
      if (end > now) {
        this.#passivateIn(between(now, end));
        return;
      }
      resident.actor.stop();
      this.#forget(groupId, resident);
    }
  }

  #passivateIn(delay: DurationMs): void {
    this.#passivating ??= this.#clock.after(delay).subscribe(() => this.#passivate());
  }

  #complain(ref: GroupRef, err: unknown): void {
    this.#log.error({ ...ref, err }, 'the actor of a group failed; another one is made at its next wake-up');
  }

  #noteRest(groupId: GroupId, resident: Resident, resting: boolean): void {
    if (resting === (resident.restingSince !== undefined)) return;
    resident.restingSince = resting ? this.#clock.now() : undefined;
    if (!resting) {
      this.#resting.delete(groupId);
      return;
    }
    this.#resting.set(groupId, resident);
    this.#passivateIn(this.#passivateAfter);
  }

  #forget(groupId: GroupId, resident: Resident): void {
    this.#resting.delete(groupId);
    if (this.#all.get(groupId) !== resident) return;
    this.#all.delete(groupId);
    this.#left(groupId, resident.actor.getSnapshot().value === 'deleted');
  }
}

const isPassing = (actor: GroupActor): boolean => actor.getSnapshot().hasTag('passing');

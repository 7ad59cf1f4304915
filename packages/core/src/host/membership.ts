/**
 * The life of this host among those that share a store (design, section 7). A heartbeat keeps it alive. While its last heartbeat is good,
 * writes to the cloud may start. Once it is good no longer, or the store says that the life is over, everything that was owned is lost at
 * once, and the host begins another life under a new incarnation.
 */
import { Subscription } from 'rxjs';
import { Deadline } from '../guards/deadline.ts';
import type { Heartbeat, HostIncarnation, MemberState } from '../model/ownership.ts';
import { between, type EpochMs, epochMs, later, milliseconds } from '../model/time.ts';
import type { Options } from '../options.ts';
import type { OwnershipStore } from '../ports/store.ts';
import type { Clock, Log, Random } from '../ports.ts';
import type { Exchange } from './fitness.ts';

/** Time before the end of a lease in which nothing may be begun any more, milliseconds. */
const leaseMargin = 1000;

const unanswered = 'no heartbeat of this host was answered in time; it gives everything up and begins anew';

/** What the host makes of its life. */
export interface LifeEvents {
  /** What to tell the store with the next heartbeat. */
  report(): { readonly state: MemberState; readonly isCloudHealthy: boolean };
  /** Another life has begun; nothing is owned yet. */
  began(member: HostIncarnation): void;
  /** The store answered a heartbeat; the life goes on. `isFirst`: it is the first one of this life. */
  heard(heartbeat: Heartbeat, exchange: Exchange, isFirst: boolean): void;
  /** The life is over: nothing that it owned may be worked on any more. */
  lapsed(): void;
}

/** What a membership works with. */
export interface MembershipPorts {
  readonly store: OwnershipStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly options: Options;
  /** The name of the host, the same in all its lives; drawn with the first one when undefined. */
  readonly host: string | undefined;
  /** Where incarnations are drawn from. */
  readonly random: Random;
}

export class Membership {
  readonly #ports: MembershipPorts;
  readonly #events: LifeEvents;
  #host: string | undefined;
  #member: HostIncarnation | undefined;
  /** Until when writes may start: counted from before the heartbeat was sent, so that a slow answer shortens it. */
  #goodUntil: EpochMs = epochMs(0);
  /** The life was not renewed yet. */
  #isNew = false;
  /** What time it was in the store when it answered last. */
  #heardAt: EpochMs = epochMs(0);
  #running = false;
  #beating: Promise<void> | undefined;
  /** Another heartbeat is to follow the one under way at once. */
  #again = false;
  #next = new Subscription();
  #lapse = new Subscription();

  constructor(ports: MembershipPorts, events: LifeEvents) {
    this.#ports = ports;
    this.#host = ports.host;
    this.#events = events;
  }

  /** The life that goes on; undefined while there is none. */
  get member(): HostIncarnation | undefined {
    return this.#member;
  }

  /** Whether writes may start on behalf of what this life owns. */
  isGood({ incarnation }: HostIncarnation): boolean {
    return this.#member?.incarnation === incarnation && this.#ports.clock.now() < this.#goodUntil;
  }

  /** What time it was in the store when it answered the last heartbeat. */
  get heardAt(): EpochMs {
    return this.#heardAt;
  }

  /** Begins, and goes on until `leave`. */
  start(): void {
    this.#running = true;
    this.beatNow();
  }

  /** Sends the next heartbeat now, or right after the one under way: what it reports has changed. */
  beatNow(): void {
    if (!this.#running) return;
    this.#next.unsubscribe();
    if (this.#beating === undefined) void this.#beat();
    else this.#again = true;
  }

  /** Ends the life for good, and releases what it owns. Waits for a heartbeat under way, which may begin a life. Rejects as the store does. */
  async leave(): Promise<void> {
    this.#running = false;
    this.#next.unsubscribe();
    await this.#beating;
    this.#lapse.unsubscribe();
    const member = this.#member;
    this.#member = undefined;
    if (member !== undefined) await this.#inTime(this.#ports.store.leave(member));
  }

  /** One heartbeat at a time; the next follows `heartbeatInterval` after this one began. */
  async #beat(): Promise<void> {
    const { clock, log, options } = this.#ports;
    this.#lapseIfOver();
    const asked = clock.now();
    this.#again = false;
    this.#beating = (this.#member === undefined ? this.#join() : this.#renew(this.#member)).catch((error: unknown) =>
      log.warn({ err: error }, 'the store did not take the heartbeat of this host; it is sent again'),
    );
    await this.#beating;
    this.#beating = undefined;
    if (!this.#running) return;
    const wait = this.#again ? 0 : Math.max(0, between(clock.now(), later(asked, options.heartbeatInterval)));
    this.#next.unsubscribe();
    this.#next = clock.after(milliseconds(wait)).subscribe(() => void this.#beat());
  }

  /**
   * Each try is a life of its own: nobody knows what became of one whose answer was lost. It is renewed at once, for only then do others
   * count on it.
   */
  async #join(): Promise<void> {
    const { store, clock, options, random } = this.#ports;
    const asked = clock.now();
    this.#host ??= random.uuid();
    const member = { host: this.#host, incarnation: random.uuid() };
    const joining = store.join(member, options.hostLease);
    const heartbeat = await this.#inTime(joining).catch((error: unknown) => {
      this.#forsake(member, joining);
      throw error;
    });
    this.#member = member;
    this.#isNew = true;
    this.#heardAt = heartbeat.storeNow;
    this.#extend(asked);
    this.#events.began(member);
    await this.#renew(member);
  }

  /** Ends a life that the store may have begun, or begins yet, without this host: nobody counts on it. */
  #forsake(member: HostIncarnation, joining: Promise<unknown>): void {
    const leave = (): void => void this.#ports.store.leave(member).catch(() => undefined); // it runs out by itself
    leave();
    joining.then(leave, () => undefined);
  }

  async #renew(member: HostIncarnation): Promise<void> {
    const { store, clock, options } = this.#ports;
    const asked = clock.now();
    const isNew = this.#isNew;
    const heartbeat = await this.#inTime(store.renew(member, options.hostLease, this.#events.report()));
    if (this.#member !== member) return; // it lapsed meanwhile
    if (heartbeat === undefined) {
      this.#lapsed('the store says that the life of this host is over; it begins another one');
      if (isNew) return; // with the next heartbeat, for the store may go on like that
      return this.#join();
    }
    this.#isNew = false;
    this.#heardAt = heartbeat.storeNow;
    this.#extend(asked);
    this.#lapseIfOver();
    if (this.#member === member) this.#events.heard(heartbeat, { asked, answered: clock.now() }, isNew);
  }

  #inTime<T>(answer: Promise<T>): Promise<T> {
    const deadline = new Deadline(this.#ports.clock, this.#ports.options.heartbeatDeadline);
    deadline.begin();
    return deadline.race(answer);
  }

  #extend(asked: EpochMs): void {
    const { clock, options } = this.#ports;
    this.#goodUntil = epochMs(later(asked, options.hostLease) - leaseMargin);
    this.#lapse.unsubscribe();
    const left = Math.max(0, between(clock.now(), this.#goodUntil));
    this.#lapse = clock.after(milliseconds(left)).subscribe(() => {
      this.#lapsed(unanswered); // whatever the clock says: it may stand still
      this.beatNow();
    });
  }

  #lapseIfOver(): void {
    if (this.#member !== undefined && !this.isGood(this.#member)) this.#lapsed(unanswered);
  }

  /** What it owned is released at once, if the store can be reached: otherwise when the life runs out there. */
  #lapsed(why: string): void {
    const { store, log } = this.#ports;
    const over = this.#member;
    this.#lapse.unsubscribe();
    this.#member = undefined;
    this.#goodUntil = epochMs(0);
    log.warn({ ...over }, why);
    this.#events.lapsed();
    if (over !== undefined) store.leave(over).catch(() => undefined); // it runs out by itself
  }
}

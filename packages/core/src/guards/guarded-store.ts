import { filter, type Observable } from 'rxjs';
import { isSoundError, LutraError } from '../errors.ts';
import type { ActivityEntry } from '../model/activity.ts';
import type { KeptKey, KeyUse } from '../model/caller-key.ts';
import type { CapabilityHash, GroupId, TenantId } from '../model/identifiers.ts';
import type { JsonObject } from '../model/json.ts';
import type { NodeRecord, Tombstone } from '../model/node-record.ts';
import type { Heartbeat, HostIncarnation, Member, Ownership, UnownedTenant } from '../model/ownership.ts';
import type { GroupRef, ScalingGroup } from '../model/scaling-group.ts';
import type { Switches, SwitchNote } from '../model/switches.ts';
import type { DurationMs, EpochMs } from '../model/time.ts';
import type { ActivityPage, Clock, Decision, DueGroup, GroupStateRow, Log, PageRequest, Store } from '../ports.ts';
import { lastingStream } from './guarded-stream.ts';
import {
  isActivityPage,
  isCreates,
  isDuePage,
  isGroup,
  isHeartbeat,
  isHost,
  isKeptKeyOrNone,
  isListOf,
  isNodeRecord,
  isObject,
  isOwnership,
  isRef,
  isStateRow,
  isSwitches,
  isText,
  isTombstone,
  isTruth,
  isUnowned,
  orNone,
} from './store-answers.ts';

/**
 * A store that keeps what the port promises, whatever the one that was given does. Each call is answered within `deadline`, and rejects only
 * with a LutraError: `unavailable` where the store fails, is silent or answers what is no answer. What such a call did is unknown, so whoever
 * made it reads again before it goes on. A decision that the store asks for after the deadline is refused.
 */
export class GuardedStore implements Store {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #deadline: DurationMs;
  readonly #log: Log;
  readonly woken$: Observable<GroupRef>;

  constructor(store: Store, clock: Clock, deadline: DurationMs, log: Log) {
    this.#store = store;
    this.#clock = clock;
    this.#deadline = deadline;
    this.#log = log;
    this.woken$ = lastingStream(
      () => store.woken$,
      'wake-ups',
      clock,
      (error, times) => {
        const say = times === 1 ? 'warn' : 'debug';
        log[say]({ err: error, times }, 'wake-ups from the store broke off; they are subscribed to again, and the sweep goes on');
      },
    ).pipe(filter(isRef));
  }

  createGroup(...args: Parameters<Store['createGroup']>): Promise<KeptKey | undefined> {
    return this.#ask('createGroup', () => this.#store.createGroup(...args), isKeptKeyOrNone);
  }

  findKey(use: Parameters<Store['findKey']>[0]): Promise<KeptKey | undefined> {
    return this.#ask('findKey', () => this.#store.findKey(use), isKeptKeyOrNone);
  }

  setTenantSuspended(tenantId: TenantId, suspended: boolean): Promise<void> {
    return this.#ask('setTenantSuspended', () => this.#store.setTenantSuspended(tenantId, suspended), anything);
  }

  transact<T>(
    ref: GroupRef,
    decide: (group: ScalingGroup, kept?: KeptKey) => Decision<T>,
    ownership?: Ownership,
    once?: KeyUse,
  ): Promise<T> {
    let decided: Decision<T> | undefined;
    let mistake: { readonly error: unknown } | undefined;
    let isLate = false;
    const decideInTime = (group: ScalingGroup, kept?: KeptKey): Decision<T> => {
      if (isLate || !isGroup(group) || !isKeptKeyOrNone(kept)) throw new LutraError('unavailable', unanswered);
      mistake = undefined; // a store may ask again: only what the last asking threw is the end of it
      try {
        decided = decide(group, kept);
      } catch (error) {
        mistake = { error };
        throw error;
      }
      return decided;
    };
    const ask = (): Promise<T> => this.#store.transact(ref, decideInTime, ownership, once);
    return this.#ask(
      'transact',
      ask,
      (answer) => decided !== undefined && answer === decided.answer,
      () => {
        isLate = true;
      },
    ).catch((error: unknown) => {
      throw mistake === undefined ? error : mistake.error; // ours, not the store's
    });
  }

  readGroup(ref: GroupRef): Promise<ScalingGroup | undefined> {
    return this.#ask(
      'readGroup',
      () => this.#store.readGroup(ref),
      (group) => group === undefined || isGroup(group),
    );
  }

  readState(ref: GroupRef): Promise<GroupStateRow | undefined> {
    return this.#ask('readState', () => this.#store.readState(ref), orNone(isStateRow));
  }

  listStates(tenantId: TenantId, page: PageRequest): Promise<readonly GroupStateRow[]> {
    return this.#ask('listStates', () => this.#store.listStates(tenantId, page), isListOf(isStateRow));
  }

  mayConverge(ref: GroupRef, ownership: Ownership): Promise<boolean> {
    return this.#ask('mayConverge', () => this.#store.mayConverge(ref, ownership), isTruth);
  }

  groupIdsOf(tenantId: TenantId): Promise<readonly GroupId[]> {
    return this.#ask('groupIdsOf', () => this.#store.groupIdsOf(tenantId), isListOf(isText));
  }

  tenants(): Promise<readonly TenantId[]> {
    return this.#ask('tenants', () => this.#store.tenants(), isListOf(isText));
  }

  nodeRecords(tenantId: TenantId): Promise<readonly NodeRecord[]> {
    return this.#ask('nodeRecords', () => this.#store.nodeRecords(tenantId), isListOf(isNodeRecord));
  }

  tombstones(tenantId: TenantId): Promise<readonly Tombstone[]> {
    return this.#ask('tombstones', () => this.#store.tombstones(tenantId), isListOf(isTombstone));
  }

  createsWithin(tenantId: TenantId, within: DurationMs): ReturnType<Store['createsWithin']> {
    return this.#ask('createsWithin', () => this.#store.createsWithin(tenantId, within), isCreates);
  }

  setCredentials(tenantId: TenantId, credentials: JsonObject | undefined): Promise<void> {
    return this.#ask('setCredentials', () => this.#store.setCredentials(tenantId, credentials), anything);
  }

  credentials(tenantId: TenantId): Promise<JsonObject | undefined> {
    return this.#ask('credentials', () => this.#store.credentials(tenantId), orNone(isObject));
  }

  switches(): Promise<Switches> {
    return this.#ask('switches', () => this.#store.switches(), isSwitches);
  }

  setStopAll(note: SwitchNote | null): Promise<void> {
    return this.#ask('setStopAll', () => this.#store.setStopAll(note), anything);
  }

  setObserveOnly(tenantId: TenantId, groupId: GroupId | undefined, note: SwitchNote | null): Promise<void> {
    return this.#ask('setObserveOnly', () => this.#store.setObserveOnly(tenantId, groupId, note), anything);
  }

  findCapability(hash: CapabilityHash): ReturnType<Store['findCapability']> {
    return this.#ask(
      'findCapability',
      () => this.#store.findCapability(hash),
      (found) => found === undefined || isRef(found.ref),
    );
  }

  readActivity(tenantId: TenantId, page: ActivityPage): Promise<readonly ActivityEntry[]> {
    return this.#ask(
      'readActivity',
      () => this.#store.readActivity(tenantId, page),
      (entries) => isActivityPage(entries, page),
    );
  }

  due(owner: HostIncarnation, now: EpochMs, limit: number, marker?: DueGroup): Promise<readonly DueGroup[]> {
    return this.#ask(
      'due',
      () => this.#store.due(owner, now, limit, marker),
      (page) => isDuePage(page, marker),
    );
  }

  join(member: HostIncarnation, lease: DurationMs): Promise<Heartbeat> {
    return this.#ask('join', () => this.#store.join(member, lease), isHeartbeat);
  }

  renew(...beat: Parameters<Store['renew']>): Promise<Heartbeat | undefined> {
    return this.#ask('renew', () => this.#store.renew(...beat), orNone(isHeartbeat));
  }

  leave(member: HostIncarnation): Promise<void> {
    return this.#ask('leave', () => this.#store.leave(member), anything);
  }

  members(): Promise<readonly Member[]> {
    return this.#ask('members', () => this.#store.members(), isListOf(isHost));
  }

  ownedBy(owner: HostIncarnation): Promise<readonly Ownership[]> {
    return this.#ask('ownedBy', () => this.#store.ownedBy(owner), isListOf(isOwnership));
  }

  unowned(limit: number): Promise<readonly UnownedTenant[]> {
    return this.#ask('unowned', () => this.#store.unowned(limit), isListOf(isUnowned));
  }

  unownedTenant(tenantId: TenantId): Promise<UnownedTenant | undefined> {
    return this.#ask('unownedTenant', () => this.#store.unownedTenant(tenantId), orNone(isUnowned));
  }

  claim(owner: HostIncarnation, tenantId: TenantId, epoch: number): Promise<Ownership | undefined> {
    return this.#ask('claim', () => this.#store.claim(owner, tenantId, epoch), orNone(isOwnership));
  }

  release(ownership: Ownership): Promise<void> {
    return this.#ask('release', () => this.#store.release(ownership), anything);
  }

  barAll(): Promise<void> {
    return this.#ask('barAll', () => this.#store.barAll(), anything);
  }

  close(): Promise<void> {
    return this.#ask('close', () => this.#store.close(), anything);
  }

  /** Makes one call. `isGood`: whether an answer is one; `late`: told when the deadline has passed. */
  #ask<T>(name: string, ask: () => Promise<T>, isGood: (answer: T) => boolean, late: () => void = () => {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const fail = (error: unknown): void => {
        const isTyped = isSoundError(error) && error instanceof LutraError;
        if (!isTyped) this.#log.warn({ err: error, call: name }, 'the store failed; what the call did is unknown');
        reject(isTyped ? error : new LutraError('unavailable', unanswered, { cause: error }));
      };
      const timer = this.#clock.after(this.#deadline).subscribe(() => {
        late();
        fail(new Error(`the store did not answer ${name} within ${this.#deadline} ms`));
      });
      asked(ask).then(
        (answer) => {
          timer.unsubscribe();
          if (holds(isGood, answer)) resolve(answer);
          else fail(new Error(`the store answered ${name} with what is no answer to it`));
        },
        (error: unknown) => {
          timer.unsubscribe();
          fail(error);
        },
      );
    });
  }
}

const unanswered = 'The store did not answer as it should, so whether this was done is not known; look, and try again later.';

/** A store that throws rejects too, and one that answers no promise has answered. */
function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return Promise.resolve(ask());
  } catch (error) {
    return Promise.reject(error);
  }
}

function holds<T>(isGood: (answer: T) => boolean, answer: T): boolean {
  try {
    return isGood(answer);
  } catch {
    return false;
  }
}

const anything = (): boolean => true;

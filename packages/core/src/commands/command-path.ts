/** The way of a command: decided by a pure function in one transaction with its activity, then told. */
import { LutraError } from '../errors.ts';
import type { Origin } from '../model/activity.ts';
import type { CallerKey, KeptKey, KeyUse, Made, RepeatableCommand } from '../model/caller-key.ts';
import type { GroupEvent } from '../model/events.ts';
import { changeBetween } from '../model/group-change.ts';
import { hexadecimal } from '../model/hexadecimal.ts';
import type { PolicyId, TenantId } from '../model/identifiers.ts';
import type { GroupRef, ScalingGroup } from '../model/scaling-group.ts';
import type { Options } from '../options.ts';
import type { Clock, Decision, Log, Random, Store } from '../ports.ts';
import { keyUseOf, madeBefore } from './caller-keys.ts';
import type { Command } from './commands.ts';
import { type Decided, decide } from './decide.ts';
import { commandNotes } from './telling.ts';

/** What commands need on their way. */
export interface CommandPorts {
  readonly store: Pick<Store, 'transact' | 'findKey'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly options: Options;
  /** The quotas of a tenant. Throws `unavailable` when they cannot be had. */
  limitsOf(tenantId: TenantId): Options['limits'];
  /** Throws `unavailable` while this host takes no commands. */
  mayTake(): void;
  /** A command of this tenant was carried out. `isFirst`: it may be the tenant's first one. */
  taken(tenantId: TenantId, isFirst?: boolean): void;
  emit(event: GroupEvent): void;
}

/** How a command goes, where it is not as usual. */
export interface CommandSettings {
  /** What it makes: kept under the caller's key. */
  readonly made?: Made | undefined;
  readonly use?: KeyUse | undefined;
  /** Somebody else than who asks for the others. */
  readonly origin?: Origin;
}

/** Takes the commands of one origin. */
export class CommandPath {
  readonly #ports: CommandPorts;
  readonly #origin: Origin;

  constructor(ports: CommandPorts, origin: Origin) {
    this.#ports = ports;
    this.#origin = origin;
  }

  /**
   * Decides a command in one transaction, tells what happened, and throws the refusal if there is one. With `use`, what it made is kept
   * in the same transaction; answers what was kept there before, if that came first.
   */
  async take(ref: GroupRef, command: Command, { made, use, origin = this.#origin }: CommandSettings = {}): Promise<Made | undefined> {
    const { store, clock, limitsOf, mayTake, taken, emit } = this.#ports;
    const options = { ...this.#ports.options, limits: limitsOf(ref.tenantId) };
    const change = (group: ScalingGroup, kept?: KeptKey): Decision<Decided | KeptKey> => {
      if (kept !== undefined) return { change: {}, answer: kept };
      const result = decide(group, command, { now: clock.now(), options });
      const activity = commandNotes(command, origin, group, result, clock.now(), options);
      return {
        change: { ...changeBetween(group, result.group), activity },
        answer: result,
        ...(made !== undefined && result.refused === undefined && { made }),
      };
    };
    mayTake();
    const decided = await store.transact({ tenantId: ref.tenantId, groupId: ref.groupId }, change, undefined, use);
    if ('fingerprint' in decided) return use && madeBefore(use, decided);
    for (const event of decided.events) emit(event);
    if (decided.refused !== undefined) throw decided.refused;
    taken(ref.tenantId);
    return made;
  }

  /** Takes a command, unless one with the caller's key was carried out before; what it made, or what that one made. */
  async takeOnce(
    ref: GroupRef & { readonly policyId?: PolicyId },
    command: Extract<Command, { kind: RepeatableCommand }>,
    made: Made,
    caller: CallerKey | undefined,
  ): Promise<Made> {
    const use = caller && keyUseOf({ ...ref, command: command.kind }, caller, this.#ports.options);
    return (await this.madeWith(use)) ?? (await this.take(ref, command, { made, use })) ?? made;
  }

  /** What a command with this key has made before, though its group may be gone by now. */
  async madeWith(use: KeyUse | undefined): Promise<Made | undefined> {
    const kept = use && (await this.#ports.store.findKey(use));
    return use && kept && madeBefore(use, kept);
  }

  /** Tells in the activity of a command that was refused before it was decided, and throws the refusal. */
  async refuse(ref: GroupRef, command: Command, refused: unknown): Promise<never> {
    if (!(refused instanceof LutraError)) throw refused;
    const { store, clock, log, options } = this.#ports;
    const change = (group: ScalingGroup): Decision<undefined> => ({
      change: { activity: commandNotes(command, this.#origin, group, { group, refused }, clock.now(), options) },
      answer: undefined,
    });
    await store.transact({ tenantId: ref.tenantId, groupId: ref.groupId }, change).catch((error: unknown) => {
      const isGone = error instanceof LutraError && error.code === 'group-not-found';
      if (!isGone) log.warn({ ...ref, err: error, command: command.kind }, 'the activity does not tell of a refused command');
    });
    throw refused;
  }

  /** Ids and secrets for what a command makes: made before it is decided, so that deciding stays pure. */
  make(ids: number, secrets = 0): Made {
    const { clock, random } = this.#ports;
    return {
      at: clock.now(),
      ids: Array.from({ length: ids }, () => random.uuid()),
      secrets: Array.from({ length: secrets }, () => hexadecimal(random.secretBytes(32))), // 64 digits
    };
  }
}

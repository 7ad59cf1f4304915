import { CloudError, type CloudErrorKind } from '../errors.ts';
import type { CallKind, CallWrapper } from '../guards/tenant-cloud.ts';
import type { TenantId } from '../model/identifiers.ts';
import { between, type DurationMs, type EpochMs, milliseconds } from '../model/time.ts';
import type { Clock } from '../ports.ts';

/** What a cloud that does not answer, or not as itself, rejects with. A refusal is an answer. */
const outages: ReadonlySet<CloudErrorKind> = new Set([
  'unreachable',
  'server-fault',
  'timeout',
  'answer-lost',
  'bad-answer',
  'request-timeout',
]);

/** Whether the cloud answers this host, whatever tenant it is asked for: every call of the engine is counted here. */
export class CloudHealth {
  readonly #clock: Clock;
  /** When a call to it last ended, and when one was last answered; undefined = not yet. */
  #heardAt: EpochMs | undefined;
  #answeredAt: EpochMs | undefined;
  /** Since when it has done nothing but answer, or fail; undefined = it does not. */
  #answeringSince: EpochMs | undefined;
  #failingSince: EpochMs | undefined;
  /** Tenants for which it has failed since it last answered: two at most, for more are not told apart. */
  readonly #failingFor = new Set<TenantId>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls of a tenant that go through `wrapper`, counted. Only what was sent counts. */
  counting(tenantId: TenantId, wrapper: CallWrapper): CallWrapper {
    return { run: <T>(kind: CallKind, call: () => Promise<T>) => wrapper.run(kind, () => this.#counted(tenantId, call)) };
  }

  /** For how long every call has failed; 0 when the last one did not. */
  get failingFor(): DurationMs {
    return this.#since(this.#failingSince);
  }

  /** Whether calls of more than one tenant have failed since it last answered: one alone may be a matter of that tenant's account. */
  get isFailingForSeveral(): boolean {
    return this.#failingFor.size > 1;
  }

  /** Whether it has answered anything within this time, though it may have failed as well. */
  hasAnswered(within: DurationMs): boolean {
    return this.#answeredAt !== undefined && this.#since(this.#answeredAt) <= within;
  }

  /** For how long no call has failed; 0 when the last one did, or there was none. */
  get answeringFor(): DurationMs {
    return this.#since(this.#answeringSince);
  }

  /** For how long nothing was heard of it, no failure either; Infinity when it was never asked. */
  get quietFor(): DurationMs {
    return this.#heardAt === undefined ? milliseconds(Number.POSITIVE_INFINITY) : this.#since(this.#heardAt);
  }

  /** Whether its last answer is not older than this, and no call has failed since. */
  isWell(within: DurationMs): boolean {
    return this.#failingSince === undefined && this.hasAnswered(within);
  }

  async #counted<T>(tenantId: TenantId, call: () => Promise<T>): Promise<T> {
    try {
      const answer = await call();
      this.#answered();
      return answer;
    } catch (error) {
      if (error instanceof CloudError && outages.has(error.kind)) this.#failed(tenantId);
      else if (error instanceof CloudError && error.effect === 'refused') this.#answered();
      throw error;
    }
  }

  #answered(): void {
    this.#answeredAt = this.#heardAt = this.#clock.now();
    this.#answeringSince ??= this.#answeredAt;
    this.#failingSince = undefined;
    this.#failingFor.clear();
  }

  #failed(tenantId: TenantId): void {
    if (this.#failingFor.size < 2) this.#failingFor.add(tenantId);
    this.#heardAt = this.#clock.now();
    this.#failingSince ??= this.#heardAt;
    this.#answeringSince = undefined;
  }

  #since(instant: EpochMs | undefined): DurationMs {
    return instant === undefined ? milliseconds(0) : between(instant, this.#clock.now());
  }
}

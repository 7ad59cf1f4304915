import { type DurationMs, milliseconds, seconds } from './model/time.ts';

/** Every bound and choice of the engine. All have defaults; the table is docs/options.md. */
export interface Options {
  /** Quotas, counted when something is added. Sizes are bytes of JSON; what is over a size already may be made smaller. */
  readonly limits: {
    readonly groups: number;
    readonly policiesPerGroup: number;
    readonly webhooksPerPolicy: number;
    /** A group's configurations, policies and webhooks together. */
    readonly bytesPerGroup: number;
    readonly webhookMetadataBytesPerPolicy: number;
  };
  /** `exclusive`: servers are only on the load balancers they are configured for; `additive`: further memberships are left alone. */
  readonly loadBalancerMembership: 'exclusive' | 'additive';
  /** This host only looks: it plans and tells what it would do, and writes nothing to the cloud. */
  readonly observeOnly: boolean;
  /** Whether a launch configuration's load balancers must exist when it is accepted. */
  readonly verifyLoadBalancers: boolean;
  /** Accept a launch configuration when the cloud cannot be asked about it. */
  readonly lenientValidation: boolean;
  /** Schedules obey cooldowns as webhooks do. */
  readonly scheduledPoliciesObeyCooldowns: boolean;
  /** How long a caller's key (`Idempotency-Key`) makes a repeated command answer as the first, and keys of a tenant: the eldest goes. */
  readonly idempotencyKeptFor: DurationMs;
  readonly idempotencyKeys: number;
  /** How far the clocks of hosts may differ: a cooldown that began further ahead than this was begun by a wrong clock, and is over. */
  readonly maxClockSkew: DurationMs;
  /** A server in BUILD for this long is replaced. */
  readonly buildTimeout: DurationMs;
  /** A health-monitored node OFFLINE for longer than this since it was added is an error. */
  readonly offlineTimeout: DurationMs;
  /** How often the servers of a tenant are read while nothing is waited for; while something is, at least and at most. */
  readonly watchAtRest: DurationMs;
  readonly watchCeiling: DurationMs;
  readonly watchFloor: DurationMs;
  /** Fraction, 0..1: looks that groups take by themselves come up to this much sooner, so that they are spread. */
  readonly recheckJitter: number;
  /** Backoff of a group after cloud faults: doubling from the first to the second, full jitter. */
  readonly backoffFirst: DurationMs;
  readonly backoffMost: DurationMs;
  /** The longest that a cloud's `Retry-After` is obeyed. */
  readonly retryAfterMost: DurationMs;
  /** Passes in a row after which a write that the cloud refuses with 401, 408 or 409 puts the group in ERROR (D11). It is tried on. */
  readonly refusedTries: number;
  /** An observation younger than this serves further passes that have written nothing since it began. */
  readonly observationMaxAge: DurationMs;
  /** A server listing of more than this many servers (ten pages) is taken at most this often on demand. */
  readonly largeListing: number;
  readonly largeListingSpacing: DurationMs;
  /** A pass stops starting calls after this long, and gives up looking at its group after the second. */
  readonly passDeadline: DurationMs;
  readonly observeDeadline: DurationMs;
  /** A call to the cloud is given up after this long. */
  readonly callDeadline: DurationMs;
  /** A call to the store is given up after this long; what it did is then unknown. */
  readonly storeDeadline: DurationMs;
  /** The store's answer that a group may converge lets writes to the cloud start for this long; then the store is asked again. */
  readonly mayConvergeMaxAge: DurationMs;
  /** Cloud reads on behalf of a command are given up after this long. */
  readonly consultDeadline: DurationMs;
  /** Calls in flight of one tenant, per service and verb. */
  readonly callsInFlight: number;
  /** Passes that write at the same time on this host, and of one tenant. */
  readonly passesInFlight: number;
  readonly passesInFlightPerTenant: number;
  /** Steps of a pass: servers created; other steps. Deletes in flight per tenant. */
  readonly createsPerPass: number;
  readonly otherStepsPerPass: number;
  readonly deletesInFlight: number;
  /** How long a create whose answer is unknown counts as capacity while no server shows its token. */
  readonly createVisibility: DurationMs;
  /** A server that has been ACTIVE for this long has come into service: one that ends before has failed at its birth (D17). */
  readonly steadyAfter: DurationMs;
  /** A server whose status is UNKNOWN, or one that we do not know, counts for this long; then it is replaced (D19). */
  readonly unknownStatusGrace: DurationMs;
  /** Servers that a tenant may create within an hour; null = any number. */
  readonly createsPerHour: number | null;
  /** When a delete that the cloud seems to have ignored is sent again; doubling to the second. */
  readonly deleteAgainFirst: DurationMs;
  readonly deleteAgainMost: DurationMs;
  /** Waiting without progress for this long is an error. */
  readonly waitingTimeout: DurationMs;
  /** A group that waits for anything is looked at at least this often, whatever the watch sees. */
  readonly waitingFallback: DurationMs;
  /** The brake on mass failure and the budget of replacements; null = off. A group's metadata key `lutra:healing` overrides them. */
  readonly healing: { readonly maxUnhealthyFraction: number | null; readonly maxConcurrentReplacements: number | null };
  /** Ids in one bulk call to a load balancer. */
  readonly bulkAdd: number;
  readonly bulkRemove: number;
  /** How often a load balancer that many wait for is looked at while it is locked, and for how long. */
  readonly lockPoll: DurationMs;
  readonly lockPatience: DurationMs;
  /** Servers missing from a listing that are asked for one by one in a pass. */
  readonly confirmationsPerPass: number;
  /** Every group is looked at at least this often, but for those that are paused or suspended. */
  readonly selfHealInterval: DurationMs;
  /** Hints of one group within this time make one pass. */
  readonly hintQuiet: DurationMs;
  /** Hints that name no group make at most one look at all groups of their tenant in this time. */
  readonly healSpacing: DurationMs;
  /** How often the store is asked for due groups when no hint came. */
  readonly sweepInterval: DurationMs;
  /** A heartbeat is sent this often, given up after its deadline, and keeps this host a member of those on its store for a lease. */
  readonly heartbeatInterval: DurationMs;
  readonly heartbeatDeadline: DurationMs;
  readonly hostLease: DurationMs;
  /** A host whose clock differs by more than this from that of the store runs no tenants and takes no commands. */
  readonly hostClockSkew: DurationMs;
  /** A tenant that nobody has run for this long is taken by any host, not only by one that has less than its share. */
  readonly unownedGrace: DurationMs;
  /** A tenant stays on its host for at least this long before it is given up for the sake of fair shares. */
  readonly heldAtLeast: DurationMs;
  /** A host whose cloud has failed for this long, while that of another one answers, gives its tenants up; not again within the second. */
  readonly ailingAfter: DurationMs;
  readonly ailingSpacing: DurationMs;
  /** Errors shown in a group's state, and characters of each. */
  readonly errorsPerGroup: number;
  readonly errorLength: number;
  /** A refused execution raises the generation at most this often. */
  readonly refusedExecutionInterval: DurationMs;
  /** An idle actor is dropped after this long; the store holds everything. */
  readonly passivateAfter: DurationMs;
  /** How long `stop()` waits for passes in flight. */
  readonly stopGrace: DurationMs;
}

/** Options as they are given: those that differ from the defaults, single limits too. */
export type GivenOptions = Partial<Omit<Options, 'limits'>> & { readonly limits?: Partial<Options['limits']> };

/** The defaults (design: "Rules of the engine"). */
export const defaultOptions: Options = {
  limits: {
    groups: 100,
    policiesPerGroup: 100,
    webhooksPerPolicy: 25,
    bytesPerGroup: 4 * 1024 * 1024,
    webhookMetadataBytesPerPolicy: 1024 * 1024,
  },
  loadBalancerMembership: 'exclusive',
  observeOnly: false,
  verifyLoadBalancers: false,
  lenientValidation: false,
  scheduledPoliciesObeyCooldowns: false,
  idempotencyKeptFor: seconds(86_400),
  idempotencyKeys: 10_000,
  maxClockSkew: seconds(30),
  buildTimeout: seconds(3600),
  offlineTimeout: seconds(3600),
  watchAtRest: seconds(30),
  watchCeiling: seconds(10),
  watchFloor: seconds(2),
  recheckJitter: 0.2,
  backoffFirst: seconds(2),
  backoffMost: seconds(300),
  retryAfterMost: seconds(3600),
  refusedTries: 20,
  observationMaxAge: seconds(1),
  largeListing: 10_000,
  largeListingSpacing: seconds(10),
  passDeadline: seconds(120),
  observeDeadline: seconds(60),
  callDeadline: seconds(45),
  storeDeadline: seconds(10),
  mayConvergeMaxAge: seconds(1),
  consultDeadline: seconds(10),
  callsInFlight: 20,
  passesInFlight: 256,
  passesInFlightPerTenant: 16,
  createsPerPass: 100,
  otherStepsPerPass: 200,
  deletesInFlight: 10,
  createVisibility: seconds(180),
  steadyAfter: seconds(60),
  unknownStatusGrace: seconds(300),
  createsPerHour: 1000,
  deleteAgainFirst: seconds(60),
  deleteAgainMost: seconds(600),
  waitingTimeout: seconds(300),
  waitingFallback: seconds(60),
  healing: { maxUnhealthyFraction: null, maxConcurrentReplacements: null },
  bulkAdd: 25,
  bulkRemove: 10,
  lockPoll: seconds(1),
  lockPatience: seconds(30),
  confirmationsPerPass: 20,
  selfHealInterval: seconds(300),
  hintQuiet: milliseconds(200),
  healSpacing: seconds(5),
  sweepInterval: seconds(1),
  heartbeatInterval: seconds(3),
  heartbeatDeadline: seconds(2),
  hostLease: seconds(10),
  hostClockSkew: seconds(5),
  unownedGrace: seconds(3),
  heldAtLeast: seconds(60),
  ailingAfter: seconds(60),
  ailingSpacing: seconds(300),
  errorsPerGroup: 10,
  errorLength: 500,
  refusedExecutionInterval: seconds(10),
  passivateAfter: seconds(60),
  stopGrace: seconds(30),
};

/**
 * Named choices that differ from the defaults. `original`: as the service whose API this is made them: ten servers a pass, further
 * memberships of load balancers left alone, schedules held back by cooldowns.
 */
export const optionPresets = {
  original: { createsPerPass: 10, loadBalancerMembership: 'additive', scheduledPoliciesObeyCooldowns: true },
} as const satisfies Readonly<Record<string, Partial<Options>>>;

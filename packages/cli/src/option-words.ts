/** What each option of the engine is, in one sentence or two: for docs/options.md, which `npm run docs` writes. */
import type { Options } from '@lutra/core';

/** The options with those inside others: `limits.groups`. */
type OptionName =
  | Exclude<keyof Options, 'limits' | 'healing'>
  | `limits.${keyof Options['limits']}`
  | `healing.${keyof Options['healing']}`;

export const optionWords: Readonly<Record<OptionName, string>> = {
  'limits.groups': 'groups of a tenant; each limit is counted when something is added',
  'limits.policiesPerGroup': 'policies of a group',
  'limits.webhooksPerPolicy': 'webhooks of a policy',
  'limits.bytesPerGroup':
    'bytes of JSON: configuration, launch configuration, policies and webhooks of a group together, as they are stored. What is over a size already may be made smaller',
  'limits.webhookMetadataBytesPerPolicy': 'bytes of JSON: the metadata of all webhooks of a policy together',
  loadBalancerMembership:
    '`exclusive`: servers are only on the load balancers they are configured for; `additive`: further memberships are left alone',
  observeOnly:
    'this host only looks: it plans and tells what it would do, and writes nothing to the cloud. For one tenant or group: [a hand on the brake](operating.md#a-hand-on-the-brake)',
  verifyLoadBalancers: "whether a launch configuration's load balancers must exist when it is accepted",
  lenientValidation: 'accept a launch configuration when the cloud cannot be asked about it',
  scheduledPoliciesObeyCooldowns: 'schedules obey cooldowns as webhooks do',
  idempotencyKeptFor: 'how long a command that is sent again with the same `Idempotency-Key` is answered as the first time',
  idempotencyKeys: 'such keys that are kept of a tenant; beyond them the eldest is forgotten',
  maxClockSkew:
    'how far the clocks of hosts may differ: a cooldown that began further ahead than this was begun by a wrong clock, and is over',
  buildTimeout: 'a server in BUILD for this long is replaced',
  offlineTimeout: 'a node whose load balancer has a health monitor, OFFLINE for longer than this since it was added, is an error',
  watchAtRest: 'how often the servers of a tenant are read while no group of it waits for anything',
  watchCeiling: 'the same at least while one does; sooner when builds, as far as their durations are known, are likely to end',
  watchFloor: 'nothing is read more often',
  recheckJitter: 'looks that groups take by themselves come up to this fraction sooner',
  backoffFirst: "ceiling of a group's wait after a cloud fault; doubled by each fault in a row; full jitter",
  backoffMost: 'the highest that ceiling gets',
  retryAfterMost: 'the longest that a `Retry-After` of the cloud is obeyed',
  refusedTries: 'passes in a row that the cloud refuses with 401, 408 or 409 before the group is in ERROR; it is tried on',
  observationMaxAge: 'an observation younger than this serves further passes that have written nothing since it began',
  largeListing: 'a listing of more servers than this is large',
  largeListingSpacing: 'a large listing is read at most this often on demand',
  passDeadline: 'a pass starts no further call after this long',
  observeDeadline: 'a look at a group that is not over after this long counts as a cloud that does not answer',
  callDeadline: 'a call to the cloud is given up after this long',
  storeDeadline: 'so is a call to the store; what it did is then unknown, and everything is read again. A command is answered with 503',
  mayConvergeMaxAge:
    'a pass asks the store before each write whether its group may converge; the answer lets the write start for this long',
  consultDeadline: 'so is a read of the cloud on behalf of a command',
  callsInFlight: 'calls of one tenant in flight, per service and verb',
  passesInFlight: 'passes that write at the same time on a host',
  passesInFlightPerTenant: 'passes of one tenant that write at the same time',
  createsPerPass: 'servers created in one pass',
  otherStepsPerPass: 'other steps of one pass',
  deletesInFlight: 'deletes in flight of one tenant',
  createVisibility: 'how long a create whose answer never came counts as capacity while no server shows its token',
  steadyAfter:
    'a server that was ACTIVE for this long has come into service; where servers end before, others are made one at a time, ever later',
  unknownStatusGrace: 'a server whose status is UNKNOWN, or one that is not known, counts for this long; then it is replaced',
  createsPerHour: 'servers that a tenant may create within an hour; null = any number',
  deleteAgainFirst: 'when a delete that the cloud seems to have ignored is sent again; doubled each time',
  deleteAgainMost: 'the longest such wait',
  waitingTimeout: 'waiting without any progress for this long is an error, until what is waited for comes',
  waitingFallback: 'a group that waits for anything is looked at at least this often, whatever the watch sees',
  'healing.maxUnhealthyFraction':
    '0 to 1: when more of a group than this looks dead at once nothing is deleted and the group is in ERROR; null = no such brake',
  'healing.maxConcurrentReplacements': 'servers of a group that may be under replacement at a time; null = any number',
  bulkAdd: 'nodes in one call that adds them to a load balancer',
  bulkRemove: 'nodes in one call that removes them',
  lockPoll: 'how often a locked load balancer is looked at while writes wait for it',
  lockPatience: 'how long they wait before they are left for a later pass',
  confirmationsPerPass: 'servers missing from a listing that are asked for one by one in a pass',
  selfHealInterval: 'every group is looked at at least this often, but for those that are paused or suspended',
  hintQuiet: 'hints for one group within this time make one pass',
  healSpacing: 'hints that name no group make at most one look at all groups of their tenant in this time',
  sweepInterval: 'how often the store is asked for due groups when no hint came',
  heartbeatInterval: 'how often a host tells the store that it lives',
  heartbeatDeadline: 'when a heartbeat that is not answered is given up',
  hostLease: 'how long a host lives after a heartbeat; then its tenants are taken by others',
  hostClockSkew: "a host whose clock differs by more than this from the store's runs no tenants and takes no commands",
  unownedGrace: 'a tenant that nobody has run for this long is taken by any host, not only by one with less than its share',
  heldAtLeast: 'how long a tenant stays on its host before it moves for the sake of fair shares',
  ailingAfter: "a host whose cloud has failed for this long, while another host's answers, gives its tenants up",
  ailingSpacing: 'and not again within this time',
  errorsPerGroup: "errors shown in a group's state",
  errorLength: 'characters of each',
  refusedExecutionInterval: 'a refused execution makes the group converge at most this often',
  passivateAfter: 'an idle actor is dropped after this long; the store holds everything',
  stopGrace: 'how long stopping waits for passes in flight',
};

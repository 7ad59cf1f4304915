/** What a transaction changes of a group, as values: a store writes just that, and need not compare what it has with what it is given. */
import { dequal } from 'dequal/lite';
import type { ActivityNote } from './activity.ts';
import type { PolicyId, ServerId, WebhookId } from './identifiers.ts';
import type { NodeRecord, NodeRecords } from './node-record.ts';
import { own } from './own.ts';
import type { Policy, Schedule, Webhook } from './policy.ts';
import type { GroupProgress, GroupSpec, Intent, KnownServer, ScalingGroup } from './scaling-group.ts';

/** Records of one kind that are stored, and keys of those that are removed. What is not named stays as it is. */
export interface TableChange<K extends string, V> {
  readonly put?: readonly V[];
  readonly deleted?: readonly K[];
}

/** Servers that a tenant is about to create, as they are counted. */
export interface CreatesChange {
  /** So many more; negative: so many that it was about to create, and did not. */
  readonly count: number;
  /** The change is refused as `creates-over-limit` if it would bring those of the last hour above this; null: there is no bound. */
  readonly most: number | null;
}

/** What becomes of a group. What is absent stays as it is; `{}` changes nothing. */
export interface GroupChange {
  readonly spec?: GroupSpec;
  readonly progress?: GroupProgress;
  readonly servers?: TableChange<ServerId, KnownServer>;
  readonly intents?: TableChange<string, Intent>;
  readonly policies?: TableChange<PolicyId, Policy>;
  readonly webhooks?: TableChange<WebhookId, Webhook>;
  readonly schedules?: TableChange<PolicyId, Schedule>;
  /** Of the tenant; they outlive the group. By `nodeRecordKey`. */
  readonly records?: TableChange<string, NodeRecord>;
  /** Recorded in this order. */
  readonly activity?: readonly ActivityNote[];
  readonly creates?: CreatesChange;
  /** The group goes for good, and leaves these create tokens behind. */
  readonly removed?: { readonly tokens: readonly string[] };
}

/** How the tables of a group are keyed. */
const keysOf = {
  servers: ({ id }: KnownServer): ServerId => id,
  intents: (intent: Intent): string => intentKey(intent),
  policies: ({ id }: Policy): PolicyId => id,
  webhooks: ({ id }: Webhook): WebhookId => id,
  schedules: ({ policyId }: Schedule): PolicyId => policyId,
};

/** The key of an intent: one create for each token, one delete for each server, one drain for each node. */
export function intentKey(intent: Intent): string {
  if (intent.kind === 'create') return `create:${intent.token}`;
  return intent.kind === 'delete' ? `delete:${intent.serverId}` : `drain:${intent.loadBalancerId}:${intent.nodeId}`;
}

type Table<K extends string, V> = Readonly<Record<K, V>>;

function changeTable<K extends string, V>(table: Table<K, V>, change: TableChange<K, V> | undefined, keyOf: (value: V) => K): Table<K, V> {
  if (change === undefined) return table;
  const entries = new Map(Object.entries(table) as [K, V][]);
  for (const key of change.deleted ?? []) entries.delete(key);
  for (const value of change.put ?? []) entries.set(keyOf(value), value);
  return Object.fromEntries(entries) as Record<K, V>;
}

/** The group after the change. Pure. */
export const changeGroup = (group: ScalingGroup, change: GroupChange): ScalingGroup => ({
  tenantId: group.tenantId,
  groupId: group.groupId,
  spec: change.spec ?? group.spec,
  progress: change.progress ?? group.progress,
  servers: changeTable(group.servers, change.servers, keysOf.servers),
  intents: changeTable(group.intents, change.intents, keysOf.intents),
  policies: changeTable(group.policies, change.policies, keysOf.policies),
  webhooks: changeTable(group.webhooks, change.webhooks, keysOf.webhooks),
  schedules: changeTable(group.schedules, change.schedules, keysOf.schedules),
});

/** What turns one table into another, by value; undefined = nothing. Order does not count. */
export function tableChange<K extends string, V>(before: Table<K, V>, after: Table<K, V>): TableChange<K, V> | undefined {
  const put = (Object.entries(after) as [K, V][]).flatMap(([key, value]) => (dequal(own(before, key), value) ? [] : [value]));
  const deleted = (Object.keys(before) as K[]).filter((key) => own(after, key) === undefined);
  if (put.length === 0 && deleted.length === 0) return undefined;
  return { ...(put.length > 0 && { put }), ...(deleted.length > 0 && { deleted }) };
}

type TablesAndRecords = Pick<ScalingGroup, 'servers' | 'intents' | 'policies' | 'webhooks' | 'schedules'> & {
  readonly records: NodeRecords;
};

/** What turns some tables of a group, and records of its tenant, into others, by value. */
export function tableChanges(before: Partial<TablesAndRecords>, after: Partial<TablesAndRecords>): GroupChange {
  const names = ['servers', 'intents', 'policies', 'webhooks', 'schedules', 'records'] as const;
  const changes = names.map((name) => [name, tableChange<string, unknown>(before[name] ?? {}, after[name] ?? {})] as const);
  return Object.fromEntries(changes.filter(([, change]) => change !== undefined)) as GroupChange;
}

/** What turns the spec and progress of a group into others, by value. */
export const documentChanges = (
  before: Pick<ScalingGroup, 'spec' | 'progress'>,
  after: Pick<ScalingGroup, 'spec' | 'progress'>,
): Pick<GroupChange, 'spec' | 'progress'> => ({
  ...(dequal(before.spec, after.spec) ? {} : { spec: after.spec }),
  ...(dequal(before.progress, after.progress) ? {} : { progress: after.progress }),
});

/** What turns one group into another, by value. */
export const changeBetween = (before: ScalingGroup, after: ScalingGroup): GroupChange => ({
  ...documentChanges(before, after),
  ...tableChanges(before, after),
});

/** Whether a change changes nothing that is stored. */
export const isNoChange = (change: GroupChange): boolean => Object.keys(change).length === 0;

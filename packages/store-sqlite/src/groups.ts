/** Groups in their tables. Every function runs inside a transaction, or reads what is committed. */
import type {
  EpochMs,
  GroupId,
  GroupProgress,
  GroupRef,
  GroupSpec,
  JsonObject,
  KnownServer,
  PageRequest,
  Policy,
  ScalingGroup,
  Schedule,
  TenantId,
  Webhook,
} from '@lutra/core';
import { changeGroup, dueAtOf, type GroupChange, type GroupStateRow, intentKey, type Secrets, type TableChange } from '@lutra/core/stores';
import type { Database, Row } from './database.ts';
import { decode, decodeAll, encode } from './documents.ts';

/** What columns say of a group beside its documents. */
interface GroupRow {
  readonly deleting: number;
  readonly held: number;
  readonly dueAt: number | null;
}

/** A stored group, and the number that its records bear. */
export interface StoredGroup {
  readonly number: number;
  readonly row: GroupRow;
  readonly group: ScalingGroup;
}

/** Tables of a group, and how each is keyed. */
const keysOf = {
  servers: ({ id }: KnownServer): string => id,
  intents: intentKey,
  policies: ({ id }: Policy): string => id,
  schedules: ({ policyId }: Schedule): string => policyId,
};
type Table = keyof typeof keysOf;

export class GroupTables {
  readonly #database: Database;
  readonly #secrets: Secrets;

  constructor(database: Database, secrets: Secrets) {
    this.#database = database;
    this.#secrets = secrets;
  }

  /** Everything of a group; undefined when there is none. */
  read({ tenantId, groupId }: GroupRef): StoredGroup | undefined {
    const row = this.#database.get(
      `SELECT number, document AS spec, progress, deleting, held, due_at FROM groups JOIN specs ON group_number = number
       WHERE tenant_id = ? AND group_id = ?`,
      ...[tenantId, groupId],
    );
    if (row === undefined) return undefined;
    const number = Number(row.number);
    return {
      number,
      row: { deleting: Number(row.deleting), held: Number(row.held), dueAt: row.due_at === null ? null : Number(row.due_at) },
      group: {
        ...{ tenantId, groupId, spec: decode<GroupSpec>(String(row.spec)), progress: decode<GroupProgress>(String(row.progress)) },
        servers: this.#documents('servers', number),
        intents: this.#documents('intents', number),
        policies: this.#documents('policies', number),
        schedules: this.#documents('schedules', number),
        webhooks: Object.fromEntries(this.#webhooks(number).map((webhook) => [webhook.id, webhook])),
      },
    };
  }

  /** What the state call needs; undefined when there is no group, or it is deleting. */
  readState({ tenantId, groupId }: GroupRef): GroupStateRow | undefined {
    const row = this.#database.get(
      `SELECT number, group_id, document AS spec, progress FROM groups JOIN specs ON group_number = number
       WHERE tenant_id = ? AND group_id = ? AND deleting = 0`,
      tenantId,
      groupId,
    );
    return row === undefined ? undefined : this.#stateOf(tenantId, row);
  }

  listStates(tenantId: TenantId, { marker = '', limit }: PageRequest): readonly GroupStateRow[] {
    return this.#database
      .all(
        `SELECT number, group_id, document AS spec, progress FROM groups JOIN specs ON group_number = number
         WHERE tenant_id = ? AND group_id > ? AND deleting = 0 ORDER BY group_id LIMIT ?`,
        tenantId,
        marker,
        limit,
      )
      .map((row) => this.#stateOf(tenantId, row));
  }

  idsOf(tenantId: TenantId): readonly GroupId[] {
    return this.#database
      .all('SELECT group_id FROM groups WHERE tenant_id = ? ORDER BY group_id', tenantId)
      .map(({ group_id: id }) => String(id) as GroupId);
  }

  /** Groups of a tenant that are not deleting. */
  visible(tenantId: TenantId): number {
    return Number(this.#database.get('SELECT count(*) AS count FROM groups WHERE tenant_id = ? AND deleting = 0', tenantId)?.count);
  }

  insert(group: ScalingGroup, now: EpochMs): void {
    const { tenantId, groupId, spec, progress } = group;
    const row = rowOf(group, now);
    const inserted = this.#database.get(
      'INSERT INTO groups (tenant_id, group_id, progress, deleting, held, due_at) VALUES (?, ?, ?, ?, ?, ?) RETURNING number',
      ...[tenantId, groupId, encode(progress), row.deleting, row.held, row.dueAt],
    );
    const number = Number(inserted?.number);
    this.#database.run('INSERT INTO specs (group_number, document) VALUES (?, ?)', number, encode(spec));
    this.#writeTables(number, {
      servers: { put: Object.values(group.servers) },
      intents: { put: Object.values(group.intents) },
      policies: { put: Object.values(group.policies) },
      schedules: { put: Object.values(group.schedules) },
      webhooks: { put: Object.values(group.webhooks) },
    });
  }

  /** Writes what changed, and the wake-up that follows; the group as it is then. A column that is written rewrites its indexes too. */
  change({ number, group, row }: StoredGroup, change: GroupChange, now: EpochMs): ScalingGroup {
    const after = changeGroup(group, change);
    const { deleting, held, dueAt } = rowOf(after, now);
    if (deleting !== row.deleting || held !== row.held) {
      this.#database.run('UPDATE groups SET deleting = ?, held = ? WHERE number = ?', deleting, held, number);
    }
    if (dueAt !== row.dueAt) this.#database.run('UPDATE groups SET due_at = ? WHERE number = ?', dueAt, number);
    if (change.spec !== undefined) {
      this.#database.run('UPDATE specs SET document = ? WHERE group_number = ?', encode(change.spec), number);
    }
    if (change.progress !== undefined) {
      this.#database.run('UPDATE groups SET progress = ? WHERE number = ?', encode(change.progress), number);
    }
    this.#writeTables(number, change);
    return after;
  }

  remove(number: number): void {
    for (const table of ['specs', 'servers', 'intents', 'policies', 'schedules', 'webhooks']) {
      this.#database.run(`DELETE FROM ${table} WHERE group_number = ?`, number);
    }
    this.#database.run('DELETE FROM groups WHERE number = ?', number);
  }

  /** Webhooks whose capability hash has this digest, with their groups. */
  webhooksWith(digest: string): readonly { readonly ref: GroupRef; readonly webhook: Webhook }[] {
    return this.#database
      .all(
        `SELECT tenant_id, group_id, document FROM webhooks JOIN groups ON groups.number = webhooks.group_number
         WHERE digest = ? AND deleting = 0`,
        digest,
      )
      .map((row) => ({
        ref: { tenantId: String(row.tenant_id) as TenantId, groupId: String(row.group_id) as GroupId },
        webhook: this.#unsealed(row),
      }));
  }

  #stateOf(tenantId: TenantId, row: Row): GroupStateRow {
    return {
      tenantId,
      groupId: String(row.group_id) as GroupId,
      spec: decode<GroupSpec>(String(row.spec)),
      progress: decode<GroupProgress>(String(row.progress)),
      servers: this.#documents('servers', Number(row.number)),
    };
  }

  /** All documents of a group in one text: a thousand rows one by one cost four times as much. */
  #documents<V>(table: Table, number: number): Readonly<Record<string, V>> {
    const row = this.#database.get(
      `SELECT '[' || coalesce(group_concat(document, ',' ORDER BY id), '') || ']' AS documents FROM ${table} WHERE group_number = ?`,
      number,
    );
    const keyOf = keysOf[table] as (document: unknown) => string;
    return Object.fromEntries(decodeAll<V>(String(row?.documents)).map((document) => [keyOf(document), document]));
  }

  #webhooks(number: number): readonly Webhook[] {
    return this.#database.all('SELECT document FROM webhooks WHERE group_number = ? ORDER BY id', number).map((row) => this.#unsealed(row));
  }

  #unsealed({ document }: Row): Webhook {
    const { sealed, ...webhook } = decode<JsonObject & { readonly sealed: string }>(String(document));
    return { ...webhook, hash: this.#secrets.open(sealed) } as unknown as Webhook;
  }

  #writeTables(number: number, change: GroupChange): void {
    this.#writeTable('servers', number, change.servers, keysOf.servers);
    this.#writeTable('intents', number, change.intents, keysOf.intents);
    this.#writeTable('policies', number, change.policies, keysOf.policies);
    this.#writeTable('schedules', number, change.schedules, keysOf.schedules);
    for (const id of change.webhooks?.deleted ?? []) {
      this.#database.run('DELETE FROM webhooks WHERE group_number = ? AND id = ?', number, id);
    }
    for (const { hash, ...webhook } of change.webhooks?.put ?? []) {
      this.#database.run(
        `INSERT INTO webhooks (group_number, id, digest, document) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET digest = excluded.digest, document = excluded.document`,
        ...[number, webhook.id, this.#secrets.digest(hash), encode({ ...webhook, sealed: this.#secrets.seal(hash) })],
      );
    }
  }

  #writeTable<K extends string, V>(table: Table, number: number, change: TableChange<K, V> | undefined, keyOf: (value: V) => string): void {
    for (const id of change?.deleted ?? []) this.#database.run(`DELETE FROM ${table} WHERE group_number = ? AND id = ?`, number, id);
    for (const value of change?.put ?? []) {
      const insert = `INSERT INTO ${table} (group_number, id, document) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET document = excluded.document`;
      this.#database.run(insert, number, keyOf(value), encode(value));
    }
  }
}

/** What the columns beside the documents say of a group. */
function rowOf(group: ScalingGroup, now: EpochMs): GroupRow {
  const { deleting, paused, suspended } = group.spec;
  return { deleting: Number(deleting), held: Number(!deleting && (paused || suspended)), dueAt: dueAtOf(group, now) ?? null };
}

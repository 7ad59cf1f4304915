/** The first schema: groups and what belongs to them, tenants, hosts, activity. */
export const groups = `
CREATE TABLE counters (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tenants (
  tenant_id TEXT PRIMARY KEY,
  suspended INTEGER NOT NULL DEFAULT 0,
  observe_only INTEGER NOT NULL DEFAULT 0,
  group_count INTEGER NOT NULL DEFAULT 0,
  owner_host TEXT,
  owner_incarnation TEXT,
  epoch INTEGER NOT NULL DEFAULT 0,
  -- since when it has had no owner
  unowned_since INTEGER NOT NULL DEFAULT 0,
  -- of its newest activity
  sequence INTEGER NOT NULL DEFAULT 0,
  -- entries of its activity
  activity_count INTEGER NOT NULL DEFAULT 0,
  credentials TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX tenants_by_owner ON tenants (owner_host, owner_incarnation);
CREATE INDEX tenants_unowned ON tenants (unowned_since, tenant_id) WHERE owner_host IS NULL AND group_count > 0;

CREATE TABLE groups (
  number INTEGER PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  group_id TEXT NOT NULL,
  progress TEXT NOT NULL,
  deleting INTEGER NOT NULL,
  -- paused or suspended, and not deleting
  held INTEGER NOT NULL,
  observe_only INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER,
  UNIQUE (tenant_id, group_id)
) STRICT;
CREATE INDEX groups_shown ON groups (tenant_id, group_id) WHERE deleting = 0;
CREATE INDEX groups_observed ON groups (tenant_id, group_id) WHERE observe_only = 1;
CREATE INDEX groups_by_due ON groups (due_at, group_id) WHERE due_at IS NOT NULL;

-- Tables with documents have rowids: without them a row that is longer than a quarter of a page lies in pages of its own.
-- apart from progress: it may be large, and a pass does not change it
CREATE TABLE specs (group_number INTEGER PRIMARY KEY, document TEXT NOT NULL) STRICT;
CREATE TABLE servers (group_number INTEGER NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (group_number, id)) STRICT;
CREATE TABLE intents (group_number INTEGER NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (group_number, id)) STRICT;
CREATE TABLE policies (group_number INTEGER NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (group_number, id)) STRICT;
CREATE TABLE schedules (group_number INTEGER NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (group_number, id)) STRICT;
CREATE TABLE webhooks (
  group_number INTEGER NOT NULL,
  id TEXT NOT NULL,
  -- of the capability hash, which is in the document sealed
  digest TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (group_number, id)
) STRICT;
CREATE INDEX webhooks_by_digest ON webhooks (digest);

CREATE TABLE node_records (tenant_id TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, document TEXT NOT NULL, PRIMARY KEY (tenant_id, id)) STRICT;
CREATE INDEX node_records_by_age ON node_records (tenant_id, at, id);

CREATE TABLE tombstones (number INTEGER PRIMARY KEY, tenant_id TEXT NOT NULL, at INTEGER NOT NULL, document TEXT NOT NULL) STRICT;
CREATE INDEX tombstones_of_tenant ON tombstones (tenant_id, at, number);
CREATE INDEX tombstones_by_age ON tombstones (at);

CREATE TABLE creates (tenant_id TEXT NOT NULL, began_at INTEGER NOT NULL, at INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (tenant_id, began_at)) STRICT, WITHOUT ROWID;
CREATE INDEX creates_by_age ON creates (at);

CREATE TABLE caller_keys (
  number INTEGER PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  name TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  until INTEGER NOT NULL,
  -- sealed: it holds capability hashes
  made TEXT NOT NULL,
  UNIQUE (tenant_id, name)
) STRICT;
CREATE INDEX caller_keys_by_end ON caller_keys (until);
CREATE INDEX caller_keys_of_tenant ON caller_keys (tenant_id, number);

CREATE TABLE activity (
  tenant_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  group_id TEXT NOT NULL,
  stored_at INTEGER NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (tenant_id, sequence)
) STRICT;
CREATE INDEX activity_by_group ON activity (tenant_id, group_id, sequence);
CREATE INDEX activity_by_age ON activity (stored_at);
CREATE TABLE activity_counts (tenant_id TEXT NOT NULL, group_id TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (tenant_id, group_id)) STRICT, WITHOUT ROWID;

CREATE TABLE members (
  host TEXT NOT NULL,
  incarnation TEXT NOT NULL,
  until INTEGER NOT NULL,
  lease INTEGER NOT NULL,
  state TEXT NOT NULL,
  cloud_healthy_at INTEGER,
  PRIMARY KEY (host, incarnation)
) STRICT, WITHOUT ROWID;
CREATE TABLE ended_lives (number INTEGER PRIMARY KEY, host TEXT NOT NULL, incarnation TEXT NOT NULL, UNIQUE (host, incarnation)) STRICT;
`;

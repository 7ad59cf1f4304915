/** What operators set has a table of its own, with since when, by whom and why. */
export const switches = `
-- '' = every tenant; every group of the tenant
CREATE TABLE switches (
  tenant_id TEXT NOT NULL,
  group_id TEXT NOT NULL,
  since INTEGER NOT NULL,
  set_by TEXT,
  reason TEXT,
  PRIMARY KEY (tenant_id, group_id)
) STRICT, WITHOUT ROWID;

-- nobody wrote down since when: the newest that happened before is the latest that it can have been
INSERT INTO switches (tenant_id, group_id, since)
  SELECT tenant_id, group_id, (SELECT coalesce(max(stored_at), 0) FROM activity) FROM (
    SELECT '' AS tenant_id, '' AS group_id FROM counters WHERE name = 'stop-all' AND value = 1
    UNION ALL SELECT tenant_id, '' FROM tenants WHERE observe_only = 1
    UNION ALL SELECT tenant_id, group_id FROM groups WHERE observe_only = 1
  );
DELETE FROM counters WHERE name = 'stop-all';
DROP INDEX groups_observed;
ALTER TABLE groups DROP COLUMN observe_only;
ALTER TABLE tenants DROP COLUMN observe_only;
`;

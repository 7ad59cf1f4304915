import { describe, expect, it } from 'vitest';
import { knownFaults } from './known-faults.ts';

/** Every entry of the taxonomy (spec/simulator.md, section I), by group. */
const taxonomy: Readonly<Record<string, string>> = {
  transport:
    'latency connect.refuse connect.timeout response.lost response.headers_stall body.stall body.truncate body.not_json http.5xx http.unexpected_2xx duplicate_delivery reorder',
  identity:
    'auth.fail_seq auth.down token.replication_lag token.expire_early token.revoke service.401_once service.403_forbidden auth.slow_catalog catalog.missing catalog.duplicate catalog.reordered mosso.unknown_tenant admin_token.expired',
  limits: 'ratelimit quota clb.node_limit clb.lb_limit vips.exhausted batch_delete_limit metadata.limit',
  configuration: 'nova.bad_request nova.network_policy',
  lifecycle:
    'build.time build.stuck build.error active.error active.shutoff status.set temp_state delete.slow delete.ignored delete.restarts_build delete.fail ip.late ip.none ip.reuse metadata.lost metadata.edited',
  consistency:
    'list.lag list.omit list.duplicate_row list.partial_page list.repeat_next_link list.no_next_link list.extra_empty_page list.marker_gone list.shuffle detail.disagrees changes_since.window create.false_negative create.duplicate',
  balancers:
    'clb.lock clb.status clb.overlap_error clb.error_resync clb.vanish clb.list_stale_nodes clb.node_gone clb.partial_bulk clb.duplicate_race clb.wrong_code clb.immutable_text health.never_online health.flap health.slow monitor.toggle drain.connections feed.lag feed.paged feed.order feed.missing_entry feed.node_404 feed.infinite_next node.foreign',
  pools:
    'rcv3.echo_upper rcv3.errors rcv3.node_state rcv3.pool_inactive rcv3.pool_removed rcv3.unprocessable rcv3.orphans rcv3.bulk_400 rcv3.commit_then_409',
  feeds: 'cf.fail cf.202 cf.too_long cf.dup_id cf.down cf.slow',
  actors:
    'oob.delete_server oob.error_server oob.delete_node oob.move_node oob.delete_lb oob.rename oob.strip_metadata oob.resize oob.create_foreign_server region.outage clock.skew tenant.suspend limits.change provider.restart',
};
/** Two have a name that says more: one fault for the statuses 400, 413 and 500 of a bulk call, and one that lasts until it is taken away. */
const renamed: Readonly<Record<string, string>> = { 'rcv3.bulk_400': 'rcv3.bulk_error', 'tenant.suspend': 'tenant.suspended' };
/** What the taxonomy asks of others, each as a fault of its own, and what was measured since. */
const besides: Readonly<Record<string, string>> = {
  consistency: 'list.empty list.cell_down',
  lifecycle: 'delete.shows_active',
  actors: 'clock.wrong_date',
};

describe('knownFaults', () => {
  it('are those of the taxonomy, in its groups', () => {
    const wanted = [...Object.entries(taxonomy), ...Object.entries(besides)].flatMap(([group, names]) =>
      names.split(' ').map((name) => `${group}: ${renamed[name] ?? name}`),
    );
    const there = [...knownFaults.values()].map(({ group, name }) => `${group}: ${name}`);
    expect(there.toSorted()).toEqual(wanted.toSorted());
  });
});

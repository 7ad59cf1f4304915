/** Rules for soaks: every fault there is, each met seldom. Not part of the public API. */
import { knownFaults } from '@lutra/simulator';

/** Parameters of the faults that must be given some. */
const given: Readonly<Record<string, object>> = {
  latency: { by: { p50: '200ms', p99: '5s', cap: '30s' } },
  'response.headers_stall': { for: '20s' },
  'body.stall': { for: '20s' },
  quota: { resource: 'instances', limit: 0 },
  'clb.node_limit': { nodes: 0 },
  'build.time': { takes: '10m' },
  'active.error': { after: '8m' },
  'active.shutoff': { after: '9m' },
  'status.set': { status: 'ERROR', after: '5m' },
  'delete.slow': { takes: '8m' },
  'ip.late': { by: '1m' },
  'metadata.edited': { set: { owner: 'somebody' } },
  'list.lag': { by: '90s' },
  'list.cell_down': { part: 0.1 },
  'list.omit': { part: 0.1, per: 'call' },
  'list.no_next_link': { rows: 3 },
  'clock.skew': { seconds: 5 },
  'clb.lock': { takes: '20s' },
  'clb.overlap_error': { within: '10m' },
  'clb.list_stale_nodes': { by: '20s' },
  'health.slow': { takes: '3m' },
  'auth.slow_catalog': { by: '1s' },
  'cf.slow': { by: '1s' },
  'oob.move_node': { to: '8' },
  'limits.change': { instances: 200 },
  ratelimit: { retry_after: '20s' },
};

/** A rule for each fault but those left out: met with probability `p`, until `until`. */
export const everyFault = (
  p: number,
  { until, without = [] }: { readonly until?: string; readonly without?: readonly string[] } = {},
): readonly object[] =>
  [...knownFaults.keys()]
    .filter((name) => !without.includes(name))
    .map((name) => ({ id: name, when: { p, ...(until === undefined ? {} : { until }) }, do: { fault: name, params: given[name] ?? {} } }));

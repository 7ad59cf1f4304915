import { type EpochMs, epochMs, type JsonObject, milliseconds, type Node } from '@lutra/core';
import { z } from 'zod';
import type { ServerPage } from '../world/calls.ts';
import type { LoadBalancerDetail, LoadBalancerSummary } from '../world/clb-calls.ts';
import { instantOf, isoOf, wholeSeconds } from '../world/iso-time.ts';
import { type FeedEntries, feedLike } from '../world/load-balancer-record.ts';
import type { ServerLook } from '../world/server-record.ts';
import { defineFault, type FaultedCall } from './fault.ts';

/** The clock of a service is wrong. */
export const clockSkew = defineFault({
  name: 'clock.skew',
  group: 'actors',
  phase: 'after_commit',
  ops: ['server.list', 'server.get', 'node.list', 'load_balancer.list', 'load_balancer.get', 'load_balancer.get_feed'],
  params: z.strictObject({ seconds: z.number().min(-3600).max(3600).describe('how far it is ahead; negative: behind') }),
  does: 'Times in the answer (of creation and change, of what a feed tells, since when a node drains, of the answer itself) are so far ahead of, or behind, those of the caller.',
  imitates: 'services whose clocks drift',
  reaction: "counts ages of the cloud's things in the cloud's time, its own deadlines in its own; warns",
  apply: ({ params: { seconds }, call }) => {
    const by = Math.round(seconds * 1000);
    return { alter: (value) => skewed(value, call, by), wire: { ahead: milliseconds(by) } };
  },
});

/** An answer of a service whose clock is so far ahead. */
function skewed(value: unknown, { op }: FaultedCall, by: number): unknown {
  const later = (instant: EpochMs): EpochMs => epochMs(instant + by);
  const server = (json: JsonObject): JsonObject => ({ ...json, created: moved(json.created, by), updated: moved(json.updated, by) });
  const look = (shown: ServerLook): ServerLook => ({
    ...shown,
    createdAt: later(wholeSeconds(shown.createdAt)),
    updatedAt: later(wholeSeconds(shown.updatedAt)),
  });
  const balancer = <T extends LoadBalancerSummary>(one: T): T => ({
    ...one,
    updatedAt: later(one.updatedAt),
    about: { ...one.about, createdAt: later(one.about.createdAt) },
  });
  switch (op) {
    case 'server.get':
      return server(value as JsonObject);
    case 'node.list':
      return (value as readonly Node[]).map((node) => nodeMoved(node, by));
    case 'load_balancer.list':
      return (value as readonly LoadBalancerSummary[]).map(balancer);
    case 'load_balancer.get': {
      const one = balancer(value as LoadBalancerDetail);
      return { ...one, nodes: one.nodes.map((node) => nodeMoved(node, by)) };
    }
    case 'load_balancer.get_feed': {
      const entries = value as FeedEntries;
      return feedLike(
        entries,
        entries.map((entry) => ({ ...entry, at: later(entry.at) })),
      );
    }
    default: {
      const page = value as ServerPage;
      return { ...page, servers: page.servers.map(look), cloudNow: later(page.cloudNow) };
    }
  }
}

function moved(text: JsonObject[string] | undefined, by: number): string {
  const instant = instantOf(String(text));
  return instant === undefined ? String(text) : isoOf(epochMs(instant + by));
}
const nodeMoved = ({ drainingSince, ...node }: Node, by: number): Node => ({
  ...node,
  drainingSince: drainingSince === undefined ? undefined : epochMs(drainingSince + by),
});

import { epochMs, type JsonObject } from '@lutra/core';
import { z } from 'zod';
import type { ServerPage } from '../world/calls.ts';
import { instantOf, isoOf } from '../world/iso-time.ts';
import type { ShownNode } from '../world/shown-node.ts';
import { defineFault } from './fault.ts';

/** The clock of a service is wrong. */
export const clockSkew = defineFault({
  name: 'clock.skew',
  group: 'actors',
  phase: 'after_commit',
  ops: ['server.list', 'server.get', 'node.list'],
  params: z.strictObject({ seconds: z.number().min(-3600).max(3600).describe('how far it is ahead; negative: behind') }),
  does: 'Times in the answer (of creation and change, since when a node drains, of the answer itself) are so far ahead of, or behind, those of the caller.',
  imitates: 'services whose clocks drift',
  reaction: "counts ages of the cloud's things in the cloud's time, its own deadlines in its own; warns",
  apply: ({ params: { seconds }, call }) => {
    const by = Math.round(seconds * 1000);
    const server = (json: JsonObject): JsonObject => ({ ...json, created: moved(json.created, by), updated: moved(json.updated, by) });
    return {
      alter: (value) => {
        if (call.op === 'server.get') return server(value as JsonObject);
        if (call.op === 'node.list') return (value as readonly ShownNode[]).map((node) => nodeMoved(node, by));
        const page = value as ServerPage;
        return { ...page, servers: page.servers.map(server), cloudNow: epochMs(page.cloudNow + by) };
      },
    };
  },
});

function moved(text: JsonObject[string] | undefined, by: number): string {
  const instant = instantOf(String(text));
  return instant === undefined ? String(text) : isoOf(epochMs(instant + by));
}
const nodeMoved = ({ drainingSince, ...node }: ShownNode, by: number): ShownNode => ({
  ...node,
  drainingSince: drainingSince === undefined ? undefined : epochMs(drainingSince + by),
});

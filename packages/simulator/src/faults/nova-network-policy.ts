import { z } from 'zod';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';

const publicNet = '00000000-0000-0000-0000-000000000000';
const serviceNet = '11111111-1111-1111-1111-111111111111';
const sentences = {
  public_forbidden: `Networks (${publicNet}) not allowed`,
  both_required: `Networks (${publicNet},${serviceNet}) required but missing`,
  one_isolated: 'Exactly 1 isolated network(s) must be attached',
} as const;

/** The account's rules about networks refuse the server. */
export const novaNetworkPolicy = defineFault({
  name: 'nova.network_policy',
  group: 'configuration',
  phase: 'before_validate',
  ops: ['server.create'],
  params: z.strictObject({
    kind: z
      .enum(['public_forbidden', 'both_required', 'one_isolated'])
      .default('public_forbidden')
      .describe('RackConnect: no public network; managed: public and ServiceNet; RackConnect: exactly one isolated network'),
  }),
  does: 'A create is refused with 403 in plain text.',
  imitates: 'RackConnect and managed accounts, whose servers must be on certain networks',
  reaction: 'ERROR with the sentence; knows it from a lost role and from a quota',
  apply: ({ params: { kind } }) => {
    const { text, refusal } = refusals.networkPolicy(sentences[kind]);
    return { refuse: refusal, wire: { body: { type: 'text/plain', text, foreign: false } } };
  },
});

/** What of a snapshot every call depends on: how fast the world is, and who there is. */
import { z } from 'zod';
import { inWords } from '../complaints.ts';
import { longestSpan } from '../duration.ts';

const span = z.number().min(0).max(longestSpan);
const distribution = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('fixed'), duration: span }),
  z.object({ kind: z.literal('uniform'), least: span, most: span }),
  z.object({ kind: z.literal('lognormal'), median: span, sigma: z.number().min(0).max(10), least: span, most: span }),
]);
const pace = z.object({
  latency: distribution,
  build: distribution,
  delete: distribution,
  lock: distribution,
  probe: distribution.optional(),
  transition: distribution.optional(),
  pool: distribution.optional(),
  tokenLag: distribution.optional(),
  feedLag: distribution.optional(),
});
const text = z.string();
const user = z.object({ id: text, name: text, password: text, apiKey: text.optional(), tenantId: text, roles: z.array(text) });
const token = z.object({
  id: text,
  user: text,
  tenantId: text,
  method: text,
  issuedAt: z.number(),
  knownFrom: z.number(),
  expiresAt: z.number(),
});
const identity = z.object({
  checks: z.boolean(),
  autoCreate: z.boolean(),
  services: z.array(z.tuple([text, z.array(text)])),
  users: z.array(user),
  tokens: z.array(token),
  issued: z.array(z.tuple([text, z.number()])),
});
const outline = z.object({ pace, identity, tenants: z.array(z.object({ id: text })) });

/**
 * Throws an Error that names what is wrong where a snapshot has not this outline. A world that went on from it would answer no call, and
 * would write that into its file. What single servers and load balancers hold is not looked at: at worst a listing of them fails.
 */
export function checkOutline(snapshot: unknown): void {
  const result = outline.safeParse(snapshot, { error: inWords });
  if (result.success) return;
  const [first] = result.error.issues;
  throw new Error(`${first?.path.join('.')}: ${first?.message}`);
}

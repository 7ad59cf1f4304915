/** Our own control plane, /control: fault rules, pace, time, token checks, quotas, and the whole world as JSON. For those who may steer (steering.ts). */
import { between, cutTo, type JsonObject, type JsonValue, type TenantId } from '@lutra/core';
import { z } from 'zod';
import { inWords } from '../complaints.ts';
import { durationSchema } from '../duration.ts';
import { faultRuleSchema } from '../faults/fault-rule.ts';
import { mostRules } from '../faults/fault-rules.ts';
import { isoOf } from '../world/iso-time.ts';
import { sizeOf } from '../world/json-values.ts';
import { outside } from '../world/outside.ts';
import { type Distribution, type Pace, paces } from '../world/pace.ts';
import { quotaOf } from '../world/quota.ts';
import { checkSnapshot, type WorldSnapshot } from '../world/snapshot-shape.ts';
import { type HttpAnswer, noSuchPath } from './answer.ts';
import { bad, problemsOf } from './control-answers.ts';
import { type HttpRequest, jsonIn, jsonOrListIn, param, type Route } from './request.ts';

const inOrder = ({ least, most }: { readonly least: number; readonly most: number }): boolean => least <= most;
const notInOrder = { path: ['most'], error: 'is less than least' };
const distribution: z.ZodType<Distribution> = z.union([
  durationSchema.transform((duration) => (duration === 0 ? ({ kind: 'none' } as const) : ({ kind: 'fixed', duration } as const))),
  z.strictObject({ kind: z.literal('fixed'), duration: durationSchema }),
  z.strictObject({ kind: z.literal('uniform'), least: durationSchema, most: durationSchema }).refine(inOrder, notInOrder),
  z
    .strictObject({
      kind: z.literal('lognormal'),
      median: durationSchema,
      sigma: z.number().min(0).max(10),
      least: durationSchema,
      most: durationSchema,
    })
    .refine(inOrder, notInOrder),
  z.strictObject({ kind: z.literal('none') }),
]);
const parts = [
  'latency',
  'build',
  'delete',
  'lock',
  'probe',
  'transition',
  'pool',
  'tokenLag',
  'feedLag',
] as const satisfies readonly (keyof Pace)[];
/** A preset, and what is otherwise. */
const paceSchema = z.strictObject({
  preset: z.enum(Object.keys(paces) as [keyof typeof paces, ...(keyof typeof paces)[]]).optional(),
  ...(Object.fromEntries(parts.map((part) => [part, distribution.optional()])) as Record<
    (typeof parts)[number],
    z.ZodOptional<typeof distribution>
  >),
});

/** Where callers move the clock, how long answers take stays as it is: whoever waits for one cannot let time pass. */
const answerable = ({ time, world }: HttpRequest, pace: Pace): Pace =>
  time === undefined ? pace : { ...pace, latency: world.pace.latency };

function setPace(request: HttpRequest): HttpAnswer {
  const result = paceSchema.safeParse(jsonIn(request), { error: inWords });
  if (!result.success) return problemsOf(result.error);
  const { preset, ...changed } = result.data;
  const given = Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined)) as Partial<Pace>;
  request.world.pace = { ...(preset === undefined ? request.world.pace : answerable(request, paces[preset])), ...given };
  return { status: 200, body: { ...request.world.pace } as unknown as JsonObject };
}

/** Characters of a rule as JSON. */
const longestRule = 65_536;
function addRules(request: HttpRequest): HttpAnswer {
  const result = z.array(faultRuleSchema).safeParse(jsonOrListIn(request), { error: inWords });
  if (!result.success) return problemsOf(result.error);
  const taken = new Set(request.world.faults.hits().map(({ id }) => id));
  for (const { id } of result.data) {
    if (taken.has(id)) return bad(409, `There is a rule called ${id} already.`);
    taken.add(id);
  }
  if (!request.world.faults.hasRoomFor(result.data.length)) return bad(409, `There are at most ${mostRules} rules: delete some.`);
  const long = result.data.find(({ source }) => sizeOf(source) > longestRule);
  if (long !== undefined) return bad(400, `${cutTo(long.id, 255)}: a rule has at most ${longestRule} characters.`);
  for (const rule of result.data) request.world.faults.add(rule);
  return { status: 201, body: { added: result.data.map(({ id }) => id) } };
}
function removeRule({ world, params }: HttpRequest): HttpAnswer {
  const id = param(params, 'rule');
  if (!world.faults.hits().some((rule) => rule.id === id)) return noSuchPath;
  world.faults.remove(id);
  return { status: 204 };
}

const timeJson = ({ world, time }: HttpRequest): HttpAnswer => ({
  status: 200,
  body: { now: isoOf(world.now()), mode: time === undefined ? 'real' : time.jumps ? 'jump' : 'manual' },
});
/** Why a clock is not moved. */
export const endOfTime = 'No clock goes beyond the year 9998.';
const timeSchema = z.strictObject({ advance: durationSchema.optional(), mode: z.enum(['manual', 'jump']).optional() });
async function moveTime(request: HttpRequest): Promise<HttpAnswer> {
  const result = timeSchema.safeParse(jsonIn(request), { error: inWords });
  if (!result.success) return problemsOf(result.error);
  if (request.time === undefined) return bad(409, 'This clock is real: it cannot be moved. Start with --time manual.');
  const { advance, mode } = result.data;
  if (mode !== undefined) request.time.jumps = mode === 'jump';
  if (advance !== undefined && (await request.time.advance(advance)) === undefined) return bad(409, endOfTime);
  return timeJson(request);
}

/** Bytes of a snapshot; about as long as a text can be. Its levels: those of a body, and those around it in a world. */
const longestSnapshot = 2 ** 28;
const levelsOfSnapshot = 1100;
async function restore(request: HttpRequest): Promise<HttpAnswer> {
  const snapshot = jsonIn(request) as unknown as WorldSnapshot | undefined;
  if (typeof snapshot?.now !== 'number' || !Number.isFinite(snapshot.now)) return bad(400, notSnapshot);
  const behind = between(request.world.now(), snapshot.now);
  if (behind > 0) {
    const why = whyNot(() => checkSnapshot(snapshot)); // no time passes for one that is refused
    if (why !== undefined) return why;
    await request.time?.advance(behind);
  }
  if (request.world.now() < snapshot.now) return bad(409, 'The clock is behind the snapshot, and cannot be moved.');
  const { latency } = request.world.pace;
  const why = whyNot(() => request.world.restore(snapshot));
  if (why !== undefined) return why;
  if (request.time !== undefined) request.world.pace = { ...request.world.pace, latency };
  return { status: 204 };
}
/** What to answer if a snapshot is refused; undefined if it is not. */
function whyNot(take: () => void): HttpAnswer | undefined {
  try {
    take();
    return undefined;
  } catch (error) {
    return bad(400, `${notSnapshot} ${error instanceof Error ? error.message : String(error)}`);
  }
}
const notSnapshot = 'This is not a snapshot that GET /control/snapshot gave.';

const resource = z.int().min(0).nullable().optional();
const quotaSchema = z.strictObject({ instances: resource, cores: resource, ram: resource });
function setQuota(request: HttpRequest): HttpAnswer {
  const result = quotaSchema.safeParse(jsonIn(request), { error: inWords });
  if (!result.success) return problemsOf(result.error);
  const tenantId = param(request.params, 'tenant') as TenantId;
  if (!request.world.hasRoomFor(tenantId)) return bad(413, `There is no room for tenant ${cutTo(tenantId, 255)}.`);
  outside.setQuota(request.world.tenant(tenantId), quotaOf(result.data));
  return { status: 204 };
}

const stateJson = ({ world }: HttpRequest): JsonObject => ({
  now: isoOf(world.now()),
  region: world.identity.region,
  tokenChecks: world.identity.checks,
  tenants: world.tenants().map(({ id, compute, loadBalancers, pools }) => ({
    id,
    servers: compute.servers.size,
    used: { ...compute.used },
    loadBalancers: loadBalancers
      .all()
      .map((record) => ({ id: record.id, status: loadBalancers.statusOf(record), nodes: record.nodes.size })),
    poolMembers: pools.all().length,
  })),
});

export const controlRoutes: readonly Route[] = [
  { on: 'GET /control/rules', answer: ({ world }) => ({ status: 200, body: { rules: world.faults.list() as unknown as JsonValue } }) },
  { on: 'POST /control/rules', answer: addRules },
  { on: 'DELETE /control/rules/:rule', answer: removeRule },
  { on: 'GET /control/pace', answer: ({ world }) => ({ status: 200, body: { ...world.pace } as unknown as JsonObject }) },
  { on: 'PUT /control/pace', answer: setPace },
  { on: 'GET /control/time', answer: timeJson },
  { on: 'POST /control/time', answer: moveTime },
  {
    on: 'PUT /control/auth',
    answer: (request) => {
      const checks = jsonIn(request)?.checks;
      if (typeof checks !== 'boolean') return bad(400, 'checks: must be true or false');
      request.world.identity.checks = checks;
      return { status: 204 };
    },
  },
  { on: 'PUT /control/tenants/:tenant/quota', answer: setQuota },
  { on: 'GET /control/state', answer: (request) => ({ status: 200, body: stateJson(request) }) },
  {
    on: 'GET /control/trace',
    answer: ({ trace }) =>
      trace === undefined
        ? bad(404, 'No trace is written. Start with --trace FILE.')
        : { status: 200, body: { lines: trace.count, hash: trace.hashSoFar } },
  },
  { on: 'GET /control/snapshot', answer: ({ world }) => ({ status: 200, body: world.snapshot() as unknown as JsonObject }) },
  { on: 'PUT /control/snapshot', answer: restore, longestBody: longestSnapshot, mostLevels: levelsOfSnapshot },
];

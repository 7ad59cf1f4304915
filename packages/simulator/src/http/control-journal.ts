/** What callers did, for tests that ask: the journal of calls, and checks of how many there were. */
import type { TenantId } from '@lutra/core';
import { z } from 'zod';
import { inWords } from '../complaints.ts';
import { operationNames } from '../world/operation-names.ts';
import type { HttpAnswer } from './answer.ts';
import { bad, problemsOf } from './control-answers.ts';
import { answerKinds, type Journal, journalLength } from './journal.ts';
import { type HttpRequest, jsonOrListIn, type Route } from './request.ts';

const noJournal: HttpAnswer = { status: 404, body: { errors: ['No journal is kept. Start with one of more than 0 entries.'] } };
const whole = z.coerce.number().pipe(z.int().min(0));
const querySchema = z.strictObject({
  since: whole.default(0),
  limit: whole.pipe(z.int().min(1).max(journalLength)).default(1000),
});

/** NDJSON; an empty body when nothing happened since. */
function readJournal({ journal, query }: HttpRequest): HttpAnswer {
  if (journal === undefined) return noJournal;
  const result = querySchema.safeParse(Object.fromEntries(query));
  if (!result.success) return problemsOf(result.error);
  const { since, limit } = result.data;
  const lines = journal.since(since, limit).map((entry) => `${JSON.stringify(entry)}\n`);
  return {
    status: 200,
    headers: { 'X-Journal-Written': String(journal.written) },
    raw: { type: 'application/x-ndjson', text: lines.join('') },
  };
}

const count = z.int().min(0).optional();
const checkSchema = z
  .strictObject({
    op: z.enum(operationNames),
    tenant: z.union([z.string().min(1), z.int().transform(String)]).optional(),
    answer: z.enum(answerKinds).optional(),
    atLeast: count,
    atMost: count,
  })
  .refine(({ atLeast, atMost }) => atLeast !== undefined || atMost !== undefined, { error: 'needs atLeast, atMost or both' });
type Check = z.output<typeof checkSchema>;

/** What is wrong; undefined when nothing is. */
function wrongIn(journal: Journal, { op, tenant, answer, atLeast = 0, atMost = Number.POSITIVE_INFINITY }: Check): string | undefined {
  const there = journal.count(op, tenant as TenantId | undefined, answer);
  if (there >= atLeast && there <= atMost) return undefined;
  const which = `${op}${tenant === undefined ? '' : ` of tenant ${tenant}`}${answer === undefined ? '' : `, answered ${answer}`}`;
  return `${which}: ${there}, expected ${there < atLeast ? `at least ${atLeast}` : `at most ${atMost}`}`;
}

function assertCounts(request: HttpRequest): HttpAnswer {
  const { journal } = request;
  if (journal === undefined) return noJournal;
  const result = z.array(checkSchema).min(1).safeParse(jsonOrListIn(request), { error: inWords });
  if (!result.success) return problemsOf(result.error);
  const wrong = result.data.flatMap((check) => wrongIn(journal, check) ?? []);
  return wrong.length === 0 ? { status: 200, body: { checked: result.data.length } } : { status: 409, body: { errors: wrong } };
}

/** So that a test begins with what a tenant has from the start, whatever ran before it. */
function resetTenant({ world, journal, params }: HttpRequest): HttpAnswer {
  const id = params.tenant as TenantId;
  if (!world.forget(id)) return bad(404, `There is no tenant ${id}.`);
  journal?.countAnew(id);
  return { status: 204 };
}

export const journalRoutes: readonly Route[] = [
  { on: 'GET /control/journal', answer: readJournal },
  { on: 'POST /control/assert', answer: assertCounts },
  { on: 'DELETE /control/tenants/:tenant', answer: resetTenant },
];

import { type ErrorCode, LutraError } from '@lutra/core';
import { z } from 'zod';
import { describedAsSent } from '../schemas/fields.ts';
import { type AnswerName, answers } from './answers.ts';
import { type BodyName, bodies } from './bodies.ts';
import { type Operation, operations, queries } from './operations.ts';

type Json = Readonly<Record<string, unknown>>;

/** What every call below a tenant can be refused with, whatever it asks for. */
const everywhere: readonly ErrorCode[] = ['invalid-credentials', 'forbidden', 'path-not-found', 'rate-limited', 'internal', 'unavailable'];

/** The description of the API as an OpenAPI 3.1 document, made from the schemas that check bodies. `urlRoot`: where clients reach it. */
export function openApiDocument(urlRoot: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of operations) {
    paths[operation.path] ??= {};
    Object.assign(paths[operation.path] ?? {}, { [operation.method]: describeOperation(operation) });
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'lutra',
      version: '1.0',
      description:
        'The Autoscale v1.0 API. Paths work with or without a slash at the end; HEAD works where GET does. Other methods of these paths are answered with 405 InvalidMethod and the header Allow, other paths with 404 NotFound, in the form of every error.',
    },
    servers: [{ url: urlRoot.replace(/\/+$/, '') }],
    paths,
    components: {
      schemas: {
        ...mapped(bodies, (schema) => describedAsSent(schema), bodyKey),
        ...mapped(answers, describedAsShown, (name) => name),
      },
      securitySchemes: { token: { type: 'apiKey', in: 'header', name: 'X-Auth-Token' } },
      parameters: {
        IdempotencyKey: {
          name: 'Idempotency-Key',
          in: 'header',
          description:
            'Any text that the client makes for this one call. Sent again with the same key and body within 24 hours, the call is not carried out again: the answer is that of the first time. A call that was refused uses up no key.',
          schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
        },
      },
      headers: {
        ResponseId: { description: 'Id of the request, also in the log', schema: { type: 'string', format: 'uuid' } },
        RetryAfter: { description: 'Seconds to wait', schema: { type: 'integer' } },
        Location: { description: 'Where what was made is', schema: { type: 'string' } },
      },
    },
  };
}

/** A body and an answer may have the same name. */
const bodyKey = (name: BodyName): string => `${name}Sent`;
const schemaRef = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const headerRef = (name: string): Json => ({ $ref: `#/components/headers/${name}` });

function mapped<T extends Readonly<Record<string, z.ZodType>>>(
  schemas: T,
  describe: (schema: z.ZodType) => Json,
  keyOf: (name: keyof T & string) => string,
): Json {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [keyOf(name), describe(schema)]));
}

function describedAsShown(schema: z.ZodType): Json {
  const { $schema: _, ...described } = z.toJSONSchema(schema, { unrepresentable: 'any' });
  return described;
}

function describeOperation(operation: Operation): Json {
  const { id, summary, path, body, query = [], repeatable } = operation;
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    ...query.map((name) => ({ name, in: 'query', ...queries[name] })),
    ...(repeatable ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
  ];
  return {
    operationId: id,
    summary,
    ...(isGuarded(path) ? { security: [{ token: [] }] } : { security: [] }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: schemaRef(bodyKey(body)) } } } }),
    responses: describeResponses(operation),
  };
}

const isForOperators = (path: string): boolean => path.startsWith('/admin/');
const isGuarded = (path: string): boolean =>
  isForOperators(path) || (path.startsWith('/v1.0/{tenantId}/') && !path.includes('/execute/{version}'));

function describeResponses({ path, status, answer, never, errors = [], id }: Operation): Json {
  const byAnybody: readonly ErrorCode[] = path.includes('/execute/{version}') ? [] : ['forbidden']; // what foreign web pages get
  const codes = [...(never === undefined ? [] : [never]), ...errors, ...(isGuarded(path) ? everywhere : byAnybody)].filter(
    (code) => code !== 'rate-limited' || !isForOperators(path), // operators are not counted
  );
  const byStatus = Map.groupBy(new Set(codes), (code) => new LutraError(code, '').http);
  const refusals = [...byStatus].sort(([a], [b]) => a - b).map(([http, of]) => [String(http), describeRefusal(http, of)] as const);
  const success = {
    description: answer === undefined ? 'Done; no body' : 'Done',
    headers: { 'X-Response-Id': headerRef('ResponseId'), ...(status === 201 ? { Location: headerRef('Location') } : {}) },
    ...(answer === undefined ? {} : { content: contentOf(answer, id) }),
  };
  const unready = id === 'showReady' ? { 503: { ...success, description: 'Not now' } } : {};
  return { ...(never === undefined ? { [status]: success } : {}), ...unready, ...Object.fromEntries(refusals) };
}

function contentOf(answer: AnswerName | 'text', id: string): Json {
  const types: Readonly<Record<string, string>> = { showDescription: 'application/json', showDocuments: 'text/html' };
  if (answer === 'text') return { [types[id] ?? 'text/plain']: {} };
  const json = { 'application/json': { schema: schemaRef(answer) } };
  return answer === 'Limits' ? { ...json, 'application/xml': {} } : json;
}

function describeRefusal(http: number, codes: readonly ErrorCode[]): Json {
  const types = [...new Set(codes.map((code) => new LutraError(code, '').type))];
  const told = { type: { enum: types }, code: { const: http } };
  return {
    description: types.join(', '),
    headers: { 'X-Response-Id': headerRef('ResponseId'), ...(http === 413 ? { 'Retry-After': headerRef('RetryAfter') } : {}) },
    content: { 'application/json': { schema: { allOf: [schemaRef('Error'), { properties: { error: { properties: told } } }] } } },
  };
}

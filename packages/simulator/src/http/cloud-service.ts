/**
 * The wire face in process: a function from request to answer, with the same routes, checks and faults as over HTTP. Bodies of answers are
 * passed by reference. What a fault does to the connection is part of the answer.
 */
import type { DurationMs, JsonValue, PassRef } from '@lutra/core';
import { httpDateOf } from '../world/iso-time.ts';
import type { World } from '../world/world.ts';
import type { HttpAnswer } from './answer.ts';
import { answerRequest, dateOf, failure, findRoute } from './answering.ts';
import { mayNotSteer } from './steering.ts';
import { changed } from './wire-faults.ts';

/** A request to a cloud in process. */
export interface CloudRequest {
  readonly method: string;
  /** The whole URL. */
  readonly url: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Empty: no body. */
  readonly text: string;
  /** The passes that it is made for, for the trace. */
  readonly passes?: readonly PassRef[];
}
/** `lost`: the connection breaks without an answer. `unreachable`: there was no connection. */
export type CloudAnswer =
  | {
      readonly status: number;
      /** By lower-case name. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body?: JsonValue | undefined;
      /** The body, if it is not JSON. */
      readonly text?: string | undefined;
      /** So long after the headers the body is there; `never`: it does not come. */
      readonly stalls?: DurationMs | 'never' | undefined;
      /** The connection breaks before the end of the body. */
      readonly breaks?: boolean | undefined;
    }
  | 'lost'
  | 'unreachable';

/** What a cloud in process is made of. */
export interface CloudServiceOptions {
  /** Scheme, host and port of the REST host, for catalogs. */
  readonly autoscaleUrl?: string;
  /** Told of a fault of the simulator itself. The request that met it is answered with 500. Default: nobody is. */
  readonly failed?: (error: unknown) => void;
}

/** A simulated cloud as a function. Never rejects; does not settle when a fault keeps the answer for ever. Nobody can steer the cloud by it. */
export function cloudService(
  world: World,
  { autoscaleUrl = 'http://127.0.0.1:8080', failed = () => {} }: CloudServiceOptions = {},
): (request: CloudRequest) => Promise<CloudAnswer> {
  return async (request) => {
    try {
      return asAnswer(await answer(world, autoscaleUrl, request), world);
    } catch (error) {
      failed(error);
      return asAnswer(failure, world);
    }
  };
}

async function answer(world: World, autoscaleUrl: string, { method, url, headers, text, passes }: CloudRequest): Promise<HttpAnswer> {
  const { origin, pathname, searchParams: query } = new URL(url);
  const match = findRoute(method, pathname);
  if (match?.steers === true) return mayNotSteer;
  const header = (name: string): string | undefined => headers[name];
  const face = { world, autoscaleUrl, origin, time: undefined, trace: undefined, journal: undefined };
  return answerRequest(face, match, { query, header, text, ...(passes && { passes }) });
}

function asAnswer(answer: HttpAnswer, world: Pick<World, 'now'>): CloudAnswer {
  if (answer === 'reset') return 'lost';
  if (answer === 'unreachable') return 'unreachable';
  const { status, headers, body, raw, wire } = answer;
  const type = raw?.type ?? 'application/json';
  const known = { ...(body === undefined && raw === undefined ? {} : { 'content-type': type }), date: httpDateOf(dateOf(answer, world)) };
  const plain = { status, headers: { ...lowerCased(headers), ...known }, body, text: raw?.text };
  if (wire === undefined) return plain;
  const { status: shown, type: otherType, text } = changed(plain, wire);
  return {
    status: shown,
    headers: otherType === undefined ? plain.headers : { ...plain.headers, 'content-type': otherType },
    ...(text === undefined ? { body } : { text }),
    stalls: wire.stallsAt === undefined || wire.endsAt !== undefined ? undefined : (wire.stallsFor ?? 'never'),
    breaks: wire.endsAt !== undefined,
  };
}

const lowerCased = (headers: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

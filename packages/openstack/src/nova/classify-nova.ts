/** What Nova's answers mean (spec/providers.md, section 3; spec/openstack.md, section 1; spec/planner.md, D26). */
import type { CloudError } from '@lutra/core';
import type { WireAnswer } from '../transport/transport.ts';
import { failure, faultNameIn, isLimit, saidIn, shown, usualFailure } from './failures.ts';
import type { NovaCall } from './nova-calls.ts';
import { textIn } from './reading.ts';
import { absent, done, type Verdict } from './verdict.ts';

/** The statuses of success. Any other 2xx is no answer that there is: nobody knows what was done. */
const successes: Readonly<Record<NovaCall['op'], readonly number[]>> = {
  'server.list': [200],
  'server.get': [200],
  'server.create': [202],
  'server.delete': [204],
  'server.get_metadata': [200],
  'server.set_metadata': [200],
  'server.replace_metadata': [200],
  'image.get': [200, 203],
  'glance_image.get': [200, 203],
  'flavor.get': [200, 203],
  'limits.get': [200, 203],
};

/** What an answer to a call means. Total: never throws. */
export function classifyNova(call: NovaCall, answer: WireAnswer): Verdict {
  if (successes[call.op].includes(answer.status)) return done;
  if (answer.status === 404 && saysThereIsNone(answer)) return verdictOfNone(call, answer);
  const error = call.op === 'server.create' ? createFailure(answer) : otherFailure(call, answer);
  return { outcome: 'failed', error };
}

/**
 * A 404 without Nova's own word for it is no "there is none": the URL is wrong, or a proxy answers (spec/openstack.md, N27). Glance
 * has its word in HTML.
 */
const saysThereIsNone = ({ body }: WireAnswer): boolean =>
  faultNameIn(body) === 'itemNotFound' || /\b(?:No image found with ID|Failed to find image)\b/i.test(textIn(body).slice(0, 4000));

function verdictOfNone(call: NovaCall, answer: WireAnswer): Verdict {
  switch (call.op) {
    case 'server.delete':
      return done;
    case 'server.get':
    case 'image.get':
    case 'glance_image.get':
    case 'flavor.get':
      return absent;
    case 'server.get_metadata':
    case 'server.set_metadata':
    case 'server.replace_metadata':
      return { outcome: 'failed', error: failure('no-such-server', call.op, answer, { said: saidIn(answer.body) }) };
    default:
      return { outcome: 'failed', error: usualFailure(call.op, answer, saidIn(answer.body)) };
  }
}

/** Refused for what the launch configuration holds. */
function badRequest(answer: WireAnswer, said: string): CloudError {
  return failure('bad-server-request', 'server.create', answer, {
    said,
    tenantMessage: `Server launch configuration is invalid: ${shown(said)}`,
  });
}

/** Nova quotes the value that it refuses (spec/openstack.md, N13): of these fields it is a secret, or a file. */
const quotedSecret = /^(Invalid input for field\/attribute \S*(?:pass|secret|token|user_data|contents)\S*\. Value: ).*$/is;
const withoutSecret = (said: string): string => said.replace(quotedSecret, '$1***');

/**
 * A create. What is refused for what the launch configuration holds stays so until somebody changes it. Only a limit passes by itself
 * (D26): a 409 does not, unless Nova says when to come back, and neither does a body that is too large.
 */
function createFailure(answer: WireAnswer): CloudError {
  const { status, body, headers } = answer;
  const said = withoutSecret(saidIn(body));
  if (status === 400 && isOfAnotherProject(said)) return failure('unauthorized', 'server.create', answer, { said });
  if (status === 400 && said !== '' && faultNameIn(body) === 'badRequest') return badRequest(answer, said);
  if (status === 403) return createForbidden(answer, said);
  if (status === 409 && headers['retry-after'] !== undefined) return failure('busy', 'server.create', answer, { said });
  if (status === 413 && said !== '' && !isLimit(answer)) return badRequest(answer, said);
  return usualFailure('server.create', answer, said);
}

const quota = /^quota exceeded\b/i;
/** Too much of something that the launch configuration holds. */
const tooMuch = /^(?:maximum number of metadata items|personality file)\b/i;
/** The three refusals that Nova writes as plain text: the last sentence says which networks a server must have (section 3.2). */
const networks =
  /^403 Forbidden\s+Access was denied to this resource\.\s+(Networks \([0-9a-f, -]+\) (?:not allowed|required but missing)|Exactly \d+ isolated network\(s\) must be attached)\s*$/i;

function createForbidden(answer: WireAnswer, said: string): CloudError {
  const [, sentence] = networks.exec(textIn(answer.body).slice(0, 4000)) ?? [];
  if (sentence !== undefined) return badRequest(answer, sentence);
  if (faultNameIn(answer.body) === 'forbidden' && quota.test(said)) {
    return failure('over-quota', 'server.create', answer, { said, tenantMessage: `Servers cannot be created: ${shown(said)}` });
  }
  return tooMuch.test(said) ? badRequest(answer, said) : usualFailure('server.create', answer, said);
}

/** The token is not for the project in the path: nothing is wrong with what was asked for (spec/openstack.md, N25). */
const isOfAnotherProject = (said: string): boolean => /^Malformed request URL: URL's project_id /i.test(said);

function otherFailure({ op }: NovaCall, answer: WireAnswer): CloudError {
  const said = saidIn(answer.body);
  if (answer.status === 400 && isOfAnotherProject(said)) return failure('unauthorized', op, answer, { said });
  if (answer.status === 403 && /^maximum number of metadata items/i.test(said)) {
    return failure('metadata-limit', op, answer, { said });
  }
  return usualFailure(op, answer, said);
}

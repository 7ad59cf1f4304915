/**
 * What a cloud port may answer. An adapter is somebody else's code: an answer of another shape is a failed read with a reason, and never
 * gets into a plan. Each check answers what is wrong, or undefined.
 */
import { novaStatuses } from '../model/server.ts';

export type AnswerCheck = (answer: unknown) => string | undefined;
type Fields = Readonly<Record<string, unknown>>;

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isTextOrNone = (value: unknown): boolean => value === undefined || typeof value === 'string';
const isNumberOrNone = (value: unknown): boolean => value === undefined || isNumber(value);

/** Names the first field that is not as it must be. */
const wrongField = (thing: unknown, fields: Readonly<Record<string, (value: unknown) => boolean>>): string | undefined => {
  if (!isObject(thing)) return 'is no object';
  for (const name in fields) if (fields[name]?.(thing[name]) === false) return `has a wrong ${name}`;
  return undefined;
};

const listOf =
  (what: string, check: AnswerCheck): AnswerCheck =>
  (answer) => {
    if (!Array.isArray(answer)) return `there is no list of ${what}s`;
    for (let index = 0; index < answer.length; index += 1) {
      const wrong = check(answer[index]);
      if (wrong !== undefined) return `${what} ${index + 1} of ${answer.length} ${wrong}`;
    }
    return undefined;
  };

const states: ReadonlySet<unknown> = new Set([...novaStatuses, 'UNRECOGNISED']);
const conditions: ReadonlySet<unknown> = new Set(['ENABLED', 'DISABLED', 'DRAINING']);

const poolMemberFields = { poolId: isText, serverId: isText };
const poolMember: AnswerCheck = (member) => wrongField(member, poolMemberFields);
const placeFields = { loadBalancerId: isText, port: isNumber, weight: isNumber, condition: (value: unknown) => conditions.has(value) };
const poolFields = { poolId: isText };
const isPlace = (place: unknown): boolean =>
  isObject(place) && wrongField(place, place.kind === 'rcv3' ? poolFields : placeFields) === undefined;

const serverFields = {
  id: isText,
  state: (value: unknown) => states.has(value),
  createdAt: isNumber,
  servicenetAddress: (value: unknown) => typeof value === 'string',
  groupId: isTextOrNone,
  createToken: isTextOrNone,
  desiredLoadBalancers: (value: unknown) => Array.isArray(value) && value.every(isPlace),
  links: Array.isArray,
};
const server: AnswerCheck = (one) => wrongField(one, serverFields);

const nodeFields = { ...placeFields, id: isText, address: isText, connections: isNumberOrNone, drainingSince: isNumberOrNone };
const node: AnswerCheck = (one) => wrongField(one, nodeFields);

const nodes = listOf('node', node);
const loadBalancerFields = { id: isText, status: isText, healthMonitor: (value: unknown) => typeof value === 'boolean' };
const loadBalancer: AnswerCheck = (one) => {
  const wrong = wrongField(one, loadBalancerFields);
  if (wrong !== undefined) return wrong;
  const wrongNodes = nodes((one as Fields).nodes);
  return wrongNodes === undefined ? undefined : `has wrong nodes: ${wrongNodes}`;
};

/** One that there is, or undefined: none. */
const orNone =
  (what: string, check: AnswerCheck): AnswerCheck =>
  (answer) => {
    const wrong = answer === undefined ? undefined : check(answer);
    return wrong === undefined ? undefined : `the ${what} ${wrong}`;
  };

const servers = listOf('server', server);
const loadBalancers = listOf('load balancer', loadBalancer);
const unreadFields = { id: isText, reason: (value: unknown) => typeof value === 'string' };
const unread = listOf('unread load balancer', (one) => wrongField(one, unreadFields));
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const image: AnswerCheck = (one) => wrongField(one, { id: isText, status: isText });
const limits = { maxPersonality: isNumber, maxPersonalitySize: isNumber };

/** The calls whose answers are read, and what is wrong with each. */
export const answerChecks = {
  listServers: (answer) => wrongField(answer, { cloudNow: isNumberOrNone }) ?? servers((answer as Fields).servers),
  getServer: orNone('server', server),
  getServers: (answer) => wrongField(answer, { absent: isTexts }) ?? servers((answer as Fields).servers),
  findServers: servers,
  serversAt: servers,
  listLoadBalancers: (answer) =>
    wrongField(answer, { cloudNow: isNumberOrNone }) ??
    loadBalancers((answer as Fields).loadBalancers) ??
    unread((answer as Fields).unread),
  getLoadBalancer: orNone('load balancer', loadBalancer),
  listPoolMembers: listOf('pool member', poolMember),
  getImage: orNone('image', image),
  hasFlavor: (answer) => (typeof answer === 'boolean' ? undefined : 'is neither true nor false'),
  getLimits: (answer) => wrongField(answer, limits),
  createServer: (answer) => wrongField(answer, { id: isText, links: Array.isArray }),
} as const satisfies Readonly<Record<string, AnswerCheck>>;

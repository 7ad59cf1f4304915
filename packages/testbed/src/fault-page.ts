import type { OperationName } from '@lutra/simulator';
import { type Fault, knownFaults } from '@lutra/simulator';
import { type FaultGroup, faultGroups, operationNames, serviceOf } from '@lutra/simulator/truth';
import { z } from 'zod';
import { timelineEntrySchema } from './scenario-timeline.ts';

/** JSON schema, as far as this page needs it. */
interface Shape {
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Shape[];
  readonly items?: Shape;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Shape>>;
}
const shapeOf = (schema: z.ZodType): Shape => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape;

/** The page of everything that can go wrong in the simulated cloud: Markdown, made from the faults themselves. */
export function faultPage(): string {
  const groups = (Object.keys(faultGroups) as readonly FaultGroup[]).filter((group) =>
    [...knownFaults.values()].some((fault) => fault.group === group),
  );
  return `${[introduction, ...groups.map(groupSection), actorSection()].join('\n\n')}\n`;
}

function groupSection(group: FaultGroup): string {
  const faults = [...knownFaults.values()].filter((fault) => fault.group === group);
  return [`## ${faultGroups[group]}`, ...faults.map(faultSection)].join('\n\n');
}

function faultSection({ name, phase, otherPhases = [], ops, params, does, imitates, reaction }: Fault<unknown>): string {
  const phases = [`\`${phase}\``, ...otherPhases.map((other) => `\`${other}\``)].join(', or ');
  const lines = [
    `### \`${name}\``,
    '',
    does,
    '',
    `- Imitates: ${imitates}.`,
    `- A good client: ${reaction}.`,
    `- Asked: ${phases}. Meets: ${ops === undefined ? 'every call' : callsText(ops)}.`,
  ];
  return [...lines, ...parameterTable(params)].join('\n');
}

/** Services of which all calls are meant by their names, then single calls. */
function callsText(ops: readonly OperationName[]): string {
  const whole = [...new Set(ops.map(serviceOf))].filter((service) =>
    operationNames.every((op) => serviceOf(op) !== service || ops.includes(op)),
  );
  const single = ops.filter((op) => !whole.includes(serviceOf(op))).map((op) => `\`${op}\``);
  const services = whole.map((service) => `\`${service}\``).join(', ');
  return [...(whole.length === 0 ? [] : [`every call of ${services}`]), ...single].join(', ');
}

function parameterTable(params: z.ZodType): readonly string[] {
  const rows = Object.entries(shapeOf(params).properties ?? {}).map(
    ([name, shape]) => `| \`${name}\` | ${typeText(shape)} | ${defaultOf(params, name)} | ${cell(shape.description ?? '')} |`,
  );
  return rows.length === 0 ? [] : ['', '| parameter | is | default | means |', '|---|---|---|---|', ...rows];
}

/** What a field is when it is not given. */
function defaultOf(params: z.ZodType, name: string): string {
  const field = params instanceof z.ZodObject ? (params.shape[name] as z.ZodType) : z.never();
  const parsed = field.safeParse(undefined);
  if (!parsed.success) return 'must be given';
  return parsed.data === undefined ? 'none' : valueText(parsed.data, shapeOf(field).title);
}

function valueText(value: unknown, title: string | undefined): string {
  if (title === 'duration') return durationText(Number(value));
  if (title === 'span') {
    const { least = 0, most = 0 } = value as { readonly least?: number; readonly most?: number };
    return `${durationText(least)} to ${durationText(most)}`;
  }
  return Array.isArray(value) ? value.map((one) => `\`${String(one)}\``).join(', ') : `\`${String(value)}\``;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

function typeText(shape: Shape): string {
  if (shape.title !== undefined) return shape.title;
  if (shape.enum !== undefined) return shape.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (shape.const !== undefined) return `\`${String(shape.const)}\``;
  if (shape.anyOf !== undefined) return shape.anyOf.map(typeText).join(', ');
  if (shape.type === 'array') return `list of ${typeText(shape.items ?? {})}`;
  const { minimum: least = 0, maximum: most = Number.MAX_SAFE_INTEGER } = shape;
  const range = most < Number.MAX_SAFE_INTEGER ? ` from ${least} to ${most}` : least > 0 ? ` from ${least} on` : '';
  const names: Readonly<Record<string, string>> = {
    integer: 'whole number',
    number: 'number',
    boolean: 'true or false',
    string: 'text',
    object: 'texts by key',
  };
  return `${names[shape.type ?? ''] ?? 'anything'}${range}`;
}

const durationText = (ms: number): string => (ms % 60_000 === 0 && ms > 0 ? `${ms / 60_000} min` : `${ms / 1000} s`);

/** What others do at a certain time lies in a scenario's timeline. */
function actorSection(): string {
  const rows = timelineEntrySchema.options.flatMap((option) => {
    const { properties = {}, description } = shapeOf(option);
    if (description === undefined) return [];
    const keys = Object.entries(properties).filter(([key]) => key !== 'at' && key !== 'do');
    const told = keys.map(([key, shape]) => `\`${key}\` (${typeText(shape)}; ${defaultOf(option, key)})`);
    return [`| \`${String(properties.do?.const)}\` | ${cell(description)} | ${cell(told.join(', ') || 'nothing more')} |`];
  });
  return ['## In the timeline of a scenario', '', actorText, '', '| `do` | is | with |', '|---|---|---|', ...rows].join('\n');
}

const actorText =
  'What others do at a certain time, whoever calls, lies in the timeline of a scenario, with `at`, the time from its start: at once, without latency, locks or faults. Durations are written as `90s`, `10m`, `1h30m`, or as a number of seconds.';

const operationRows = (): string => {
  const services = [...new Set(operationNames.map(serviceOf))];
  return services
    .map(
      (service) =>
        `| \`${service}\` | ${operationNames
          .filter((op) => serviceOf(op) === service)
          .map((op) => `\`${op}\``)
          .join(', ')} |`,
    )
    .join('\n');
};

const introduction = `# Faults of the simulated cloud

<!-- Made by \`npm run docs\` from packages/simulator/src/faults; a test compares. -->

Everything that can go wrong in the simulated cloud is data: rules that say which calls meet which fault. They are part of a scenario
(\`faults\`), are given to \`createSimulatedCloud\` or \`lutra cloud --faults\`, and can be added, listed and removed while the cloud runs (\`world.faults\`,
\`/control/rules\`). What others do is a fault, too: \`"times": 1\` has it done once for each tenant, right before the next call that the rule means.

\`\`\`json
{
  "id": "create-lost",
  "seed_salt": "a",
  "when": {
    "service": "nova",
    "op": "server.create",
    "tenant": "123",
    "region": "ORD",
    "match": { "server_name": "^web-", "metadata": { "rax:autoscale:group:id": ".*" } },
    "from": 60,
    "until": "10m",
    "skip": 2,
    "times": 5,
    "every": 3,
    "p": 0.2
  },
  "do": { "fault": "response.lost", "phase": "after_commit", "params": { "mode": "reset" } }
}
\`\`\`

| key of \`when\` | selects |
|---|---|
| \`service\`, \`op\`, \`tenant\` | one, or any of a list |
| \`region\` | the region of the cloud |
| \`match\` | what the call is about: \`server_name\` and \`metadata\` (regular expressions), \`server\`, \`load_balancer\`, \`node\`, \`pool\` (ids); all that is given must fit |
| \`caller\` | \`agent\`, \`token\`: regular expressions for the User-Agent and the token of a caller over HTTP |
| \`while\` | \`load_balancer\`, \`server\`: a status, a list of them, or \`{ id, status }\`; without \`id\` that which the call is about |
| \`from\`, \`until\` | the window, from the start of the cloud |
| \`skip\`, \`every\`, \`times\` | matching calls that are let through first; then every how-manieth is met; at most so many. Counted for each tenant by itself |
| \`p\` | the probability with which a call is met: drawn from seed, \`seed_salt\`, \`id\`, tenant, operation, key of the call, and the how-manieth such call it is |

| service | operations |
|---|---|
${operationRows()}

\`do\` is one fault, \`{ "stack": [...] }\` (every one of them on each call), or \`{ "sequence": [...], "repeat": "cycle" }\` (one after another,
\`cycle\` or \`once\`; \`{ "fault": "none" }\` lets a call through). All rules that meet a call take effect, in the order of their adding; after one with
\`"last": true\` no further one is asked.

| phase | is |
|---|---|
| \`on_send\` | as the call is sent |
| \`before_validate\` | it arrived; nothing was looked at |
| \`before_commit\` | it was found valid; nothing was done |
| \`after_commit\` | all is done; the answer is missing |
| \`during_body\` | the answer, a refusal too, is on its way |

A *duration* is \`250ms\`, \`90s\`, \`10m\`, \`1h30m\`, or a number of seconds. A *span* is a duration, \`{ least, most }\` (all between equally likely),
\`{ median, sigma, most }\` or \`{ p50, p99, cap }\` (with a long tail).`;

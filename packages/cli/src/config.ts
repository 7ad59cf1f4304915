/**
 * What `lutra serve` runs with: flags win over the environment, that over the file, that over the defaults. One table says what there
 * is; flags, environment variables, file keys and the schema follow from it. Every complaint names the key and where it was set.
 */
import { type PaceName, paces } from '@lutra/simulator';
import { stringify } from 'yaml';
import { z } from 'zod';
import { CliError } from './cli-error.ts';
import { durationText, engineOptionsSchema, writeEngineOptions } from './engine-options.ts';
import { contradictions, holdsSecret, hostSchema, hostSettings, secretNames, writeHostSettings } from './host-settings.ts';
import { isUnknownValue, known, oneOf, type Setting, setting, shownValue, textThat, urlThat, wholeNumber } from './setting.ts';
import { readYaml } from './yaml-file.ts';

const portNumber = wholeNumber(0, 65_535, 'must be an integer from 0 to 65535');

const paceNames = Object.keys(paces) as PaceName[];
/** Least important first. */
const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
/** Longest list of problems told at once. */
const mostProblems = 10;

/** Settings that a flag, the environment and the file can give. */
export const settings = {
  port: { takes: '<number>', says: 'port of the API; 0 takes any that is free', schema: portNumber.default(8080) },
  host: {
    takes: '<address>',
    says: 'name or address that the API listens on',
    schema: textThat('must be a host name or an address', /^[\w.:%-]+$/).default('127.0.0.1'),
  },
  publicUrl: {
    takes: '<url>',
    says: 'what the links in answers start with, where clients do not reach the API at its own address',
    schema: urlThat('must be a URL without a path, such as https://autoscale.example', /^https?:\/\/[^\s/?#]+\/?$/).optional(),
  },
  cloud: {
    takes: '<name>',
    says: 'the cloud to drive: simulated',
    schema: oneOf(['simulated'], 'must be simulated: there is no other cloud yet').default('simulated'),
  },
  cloudHost: {
    takes: '<address>',
    says: "name or address that the simulated cloud's own API listens on; it does not follow host",
    schema: textThat('must be a host name or an address', /^[\w.:%-]+$/).default('127.0.0.1'),
  },
  cloudPort: {
    takes: '<number>',
    says: "port of the simulated cloud's own API; 0 takes any that is free",
    schema: portNumber.default(8090),
  },
  cloudAuth: {
    takes: '<on|off>',
    says: "whether the simulated cloud's own API asks for tokens: on or off",
    schema: oneOf(['on', 'off'], 'must be on or off').default('off'),
  },
  cloudRegion: {
    takes: '<name>',
    says: 'the one region of the simulated cloud, as its catalogs name it',
    schema: textThat('must be a name such as ORD', /^[\w.-]+$/).default('ORD'),
  },
  cloudIdentity: {
    takes: '<file>',
    says: 'YAML file with tenants and users of the simulated cloud, in place of the default ones',
    schema: textThat('must be a file', /^[^\0]+$/).optional(),
  },
  cloudFaults: {
    takes: '<file>',
    says: 'YAML or JSON file with fault rules of the simulated cloud',
    schema: textThat('must be a file', /^[^\0]+$/).optional(),
  },
  data: {
    takes: '<folder>',
    says: 'folder for everything that outlives a restart: groups, secrets, the simulated world',
    schema: textThat('must be a folder', /^[^\0]+$/).default('.lutra'),
  },
  store: {
    takes: '<store>',
    says: 'where groups are kept: memory (nothing outlives a restart), or sqlite:FILE; without it, groups.db in the folder of data',
    schema: known('Use memory or sqlite:FILE.', (value) =>
      value === 'memory' || /^sqlite:[^\0]+$/.test(value) ? value : undefined,
    ).optional(),
  },
  pace: {
    takes: '<name>',
    says: 'how fast the simulated cloud is: demo (a server builds within seconds) or realistic (a minute or more)',
    schema: oneOf(paceNames, `must be ${paceNames.join(' or ')}`).default('demo'),
  },
  seed: {
    takes: '<text>',
    says: 'decides what chance decides in the simulated cloud',
    schema: setting('must be a text or a number', (value) =>
      (typeof value === 'string' && value !== '') || typeof value === 'number' ? String(value) : undefined,
    ).default('1'),
  },
  logLevel: {
    takes: '<level>',
    says: `least important log lines to write to stderr: ${logLevels.join(', ')}`,
    schema: oneOf(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
  },
  ...hostSettings,
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;
export const settingNames = Object.keys(settings) as readonly SettingName[];

/** A setting's default as text; empty when it has none, or is off unless set. */
export function fallbackOf(name: SettingName): string {
  const fallback: unknown = settings[name].schema.parse(undefined);
  if (fallback === undefined || fallback === false) return '';
  return name === 'auth.keystone.ttl' || name === 'activity.keptFor' ? durationText(Number(fallback)) : String(fallback);
}

/** The one schema of the configuration, whatever its parts come from. */
const configSchema = z.strictObject({
  port: settings.port.schema,
  host: settings.host.schema,
  publicUrl: settings.publicUrl.schema,
  cloud: settings.cloud.schema,
  cloudHost: settings.cloudHost.schema,
  cloudPort: settings.cloudPort.schema,
  cloudAuth: settings.cloudAuth.schema,
  cloudRegion: settings.cloudRegion.schema,
  cloudIdentity: settings.cloudIdentity.schema,
  cloudFaults: settings.cloudFaults.schema,
  data: settings.data.schema,
  store: settings.store.schema,
  pace: settings.pace.schema,
  seed: settings.seed.schema,
  logLevel: settings.logLevel.schema,
  ...hostSchema,
  /** Options of the engine: in the file only. */
  options: engineOptionsSchema.prefault({}),
} satisfies Record<TopLevel<SettingName> | 'options', z.ZodType>);
type TopLevel<N extends string> = N extends `${infer Outer}.${string}` ? Outer : N;

/** What `lutra serve` runs with, complete. `options`: every option of the engine. */
export type Config = Readonly<z.output<typeof configSchema>>;

/** Settings whose flag is shorter than the path of their key. */
const shortNames: Readonly<Record<string, string>> = { 'auth.mode': 'auth', 'auth.insecure': 'insecure' };
/** The name by which commander tells the flag of a setting. */
export const flagNameOf = (name: string): string => shortNames[name] ?? name;
/** `cloudPort` as a flag: `--cloud-port`; `limits.rate.tenant`: `--limits.rate.tenant`. */
export const flagOf = (name: string): string => `--${kebab(flagNameOf(name))}`;
/** `cloudPort` as an environment variable: `LUTRA_CLOUD_PORT`; `limits.rate.tenant`: `LUTRA_LIMITS_RATE_TENANT`. */
export const variableOf = (name: string): string => `LUTRA_${kebab(flagNameOf(name)).replaceAll(/[-.]/g, '_').toUpperCase()}`;
const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/**
 * Where settings come from. `flags` has, beside settings (by `flagNameOf`), the name of the file (`config`), which the environment can
 * give too.
 */
export interface ConfigSources {
  readonly flags: Readonly<Record<string, string | true | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The configuration from all its sources. Throws a CliError that names every key that is wrong. */
export function readConfig({ flags, environment }: ConfigSources): Config {
  const file = fileOf({ flags, environment });
  const given: Record<string, unknown> = file === undefined ? {} : readConfigFile(file);
  const origins = new Map<string, string>(Object.keys(given).map((name) => [name, `in ${file}`]));
  for (const name of settingNames) {
    const [flag, variable] = [flags[flagNameOf(name)], variableOf(name)];
    if (flag !== undefined) origins.set(name, `from ${flagOf(name)}`);
    else if (environment[variable]) origins.set(name, `from ${variable}`);
    else continue;
    setAt(given, name.split('.'), flag ?? environment[variable]);
  }
  const result = configSchema.safeParse(given);
  const problems = result.success
    ? contradictions(result.data).map(([key, sentence]) => `config: ${key} ${sentence}`)
    : result.error.issues.flatMap((issue) => describe(issue, given, origins));
  if (result.success && problems.length === 0) return result.data;
  const more = problems.length > mostProblems ? [`config: and ${problems.length - mostProblems} problems more`] : [];
  throw new CliError(2, [...problems.slice(0, mostProblems), ...more].join('\n'));
}

/** The file of the configuration, if it holds a secret. */
export function fileWithSecrets({ flags, environment }: ConfigSources): string | undefined {
  const file = fileOf({ flags, environment });
  if (file === undefined) return undefined;
  const given = readConfigFile(file);
  const isGiven = (name: string): boolean => valueAt(given, name.split('.')) !== undefined;
  return secretNames.some(isGiven) ? file : undefined;
}

/** An empty variable counts as none: that is how most tools unset one. */
const fileOf = ({ flags, environment }: ConfigSources): string | undefined =>
  typeof flags.config === 'string' ? flags.config : environment[variableOf('config')] || undefined;

/** A configuration as the file that gives it; secrets are not shown. */
export const writeConfig = ({ options, ...config }: Config): string =>
  stringify({ ...writeHostSettings(config), options: writeEngineOptions(options) });

/** Sets what lies at a path of keys; whatever is no mapping on the way gives place to one. */
function setAt(given: Record<string, unknown>, [key = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    given[key] = value;
    return;
  }
  const inner = typeof given[key] === 'string' && key === 'auth' ? { mode: given[key] } : given[key];
  given[key] = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? { ...inner } : {};
  setAt(given[key] as Record<string, unknown>, rest, value);
}

function readConfigFile(file: string): Record<string, unknown> {
  const content = readYaml(file, (why) => `config: cannot read ${file}: ${why}`);
  if (content === undefined) return {};
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content as Record<string, unknown>;
  throw new CliError(2, `config: ${file} must be a mapping of keys to values, such as "port: 8080"`);
}

/** `config: port must be an integer from 0 to 65535, got "abc" (from --port)` */
function describe(issue: z.core.$ZodIssue, given: Record<string, unknown>, origins: ReadonlyMap<string, string>): readonly string[] {
  const where = (path: readonly PropertyKey[]): string => {
    const origin = origins.get(path.join('.')) ?? origins.get(String(path[0]));
    return origin === undefined ? '' : ` (${origin})`;
  };
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return `config: ${path.join('.')} is not a key there is${where(path)}`;
    });
  }
  const name = issue.path.join('.');
  const value = holdsSecret(name) ? '***' : valueAt(given, issue.path);
  if (isUnknownValue(issue)) return [`config: ${name}: unknown value ${shownValue(value)}${where(issue.path)}. ${issue.message}`];
  return [`config: ${name} ${issue.message}, got ${shownValue(value)}${where(issue.path)}`];
}

function valueAt(from: unknown, path: readonly PropertyKey[]): unknown {
  let value = from;
  for (const key of path) value = typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  return value;
}

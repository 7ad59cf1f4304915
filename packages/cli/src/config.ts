/**
 * What `lutra serve` runs with: flags win over the environment, that over the file, that over the defaults. One table says what there
 * is; flags, environment variables, file keys and the schema follow from it. Every complaint names the key and where it was set.
 */
import { readFileSync } from 'node:fs';
import { type PaceName, paces } from '@lutra/simulator';
import { type Document, isMap, parseDocument, stringify } from 'yaml';
import { z } from 'zod';
import { CliError, whyNoFile } from './cli-error.ts';
import { engineOptionsSchema, setting, writeEngineOptions } from './engine-options.ts';

const portNumber = setting('must be an integer from 0 to 65535', (value) => {
  const number = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= 65_535 ? number : undefined;
});
const oneOf = <T extends string>(names: readonly T[], rule: string): z.ZodType<T, unknown> =>
  setting(rule, (value) => names.find((name) => name === value));
const text = (rule: string, form: RegExp): z.ZodType<string, unknown> =>
  setting(rule, (value) => (typeof value === 'string' && form.test(value) ? value : undefined));

const paceNames = Object.keys(paces) as PaceName[];
/** Least important first. */
const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
/** Longest list of problems told at once. */
const mostProblems = 10;

interface Setting {
  /** What the flag takes, as the help shows it. */
  readonly takes: string;
  readonly says: string;
  readonly schema: z.ZodType<unknown, unknown>;
}

/** Settings that a flag, the environment and the file can give. */
export const settings = {
  port: { takes: '<number>', says: 'port of the API; 0 takes any that is free', schema: portNumber.default(8080) },
  host: {
    takes: '<address>',
    says: 'name or address to listen on, for the API and the cloud',
    schema: text('must be a host name or an address', /^[\w.:%-]+$/).default('127.0.0.1'),
  },
  publicUrl: {
    takes: '<url>',
    says: 'what the links in answers start with, where clients do not reach the API at its own address',
    schema: text('must be a URL without a path, such as https://autoscale.example', /^https?:\/\/[^\s/?#]+\/?$/).optional(),
  },
  cloud: {
    takes: '<name>',
    says: 'the cloud to drive: simulated',
    schema: oneOf(['simulated'], 'must be simulated: there is no other cloud yet').default('simulated'),
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
  store: {
    takes: '<name>',
    says: 'where groups are kept: memory',
    schema: oneOf(['memory'], 'must be memory: there is no other store yet, so a restart forgets every group').default('memory'),
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
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;
export const settingNames = Object.keys(settings) as readonly SettingName[];

/** The one schema of the configuration, whatever its parts come from. */
const configSchema = z.strictObject({
  port: settings.port.schema,
  host: settings.host.schema,
  publicUrl: settings.publicUrl.schema,
  cloud: settings.cloud.schema,
  cloudPort: settings.cloudPort.schema,
  cloudAuth: settings.cloudAuth.schema,
  store: settings.store.schema,
  pace: settings.pace.schema,
  seed: settings.seed.schema,
  logLevel: settings.logLevel.schema,
  /** Options of the engine: in the file only. */
  options: engineOptionsSchema.prefault({}),
} satisfies Record<SettingName | 'options', z.ZodType>);

/** What `lutra serve` runs with, complete. `options`: every option of the engine. */
export type Config = Readonly<z.output<typeof configSchema>>;

/** `cloudPort` as a flag: `--cloud-port`. */
export const flagOf = (name: string): string => `--${kebab(name)}`;
/** `cloudPort` as an environment variable: `LUTRA_CLOUD_PORT`. */
export const variableOf = (name: string): string => `LUTRA_${kebab(name).replaceAll('-', '_').toUpperCase()}`;
const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Where settings come from. `flags` has, beside settings, the name of the file (`config`), which the environment can give too. */
export interface ConfigSources {
  readonly flags: Readonly<Partial<Record<SettingName | 'config', string>>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The configuration from all its sources. Throws a CliError that names every key that is wrong. */
export function readConfig({ flags, environment }: ConfigSources): Config {
  // An empty variable counts as none: that is how most tools unset one.
  const file = flags.config ?? (environment[variableOf('config')] || undefined);
  const given: Record<string, unknown> = { ...(file === undefined ? {} : readConfigFile(file)) };
  const origins = new Map<string, string>(Object.keys(given).map((name) => [name, `in ${file}`]));
  for (const name of settingNames) {
    const variable = variableOf(name);
    if (flags[name] !== undefined) {
      given[name] = flags[name];
      origins.set(name, `from ${flagOf(name)}`);
    } else if (environment[variable]) {
      given[name] = environment[variable];
      origins.set(name, `from ${variable}`);
    }
  }
  const result = configSchema.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => describe(issue, given, origins));
  const more = problems.length > mostProblems ? [`config: and ${problems.length - mostProblems} problems more`] : [];
  throw new CliError(2, [...problems.slice(0, mostProblems), ...more].join('\n'));
}

/** A configuration as the file that gives it. */
export const writeConfig = ({ options, ...config }: Config): string => stringify({ ...config, options: writeEngineOptions(options) });

function readConfigFile(file: string): Record<string, unknown> {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(2, `config: cannot read ${file}: ${whyNoFile(error)}`, { cause: error });
  }
  const document: Document.Parsed = parseDocument(content);
  const [error] = document.errors;
  if (error !== undefined) throw new CliError(2, `config: ${file} is not valid YAML: ${error.message.trimEnd()}`, { cause: error });
  if (document.contents === null) return {};
  if (!isMap(document.contents)) throw new CliError(2, `config: ${file} must be a mapping of keys to values, such as "port: 8080"`);
  return document.toJS();
}

/** `config: port must be an integer from 0 to 65535, got "abc" (from --port)` */
function describe(issue: z.core.$ZodIssue, given: Record<string, unknown>, origins: ReadonlyMap<string, string>): readonly string[] {
  const where = (path: readonly PropertyKey[]): string => {
    const origin = origins.get(String(path[0]));
    return origin === undefined ? '' : ` (${origin})`;
  };
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return `config: ${path.join('.')} is not a key there is${where(path)}`;
    });
  }
  const value = valueAt(given, issue.path);
  return [`config: ${issue.path.join('.')} ${issue.message}, got ${JSON.stringify(value) ?? String(value)}${where(issue.path)}`];
}

function valueAt(from: unknown, path: readonly PropertyKey[]): unknown {
  let value = from;
  for (const key of path) value = typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  return value;
}

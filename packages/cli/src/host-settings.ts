/** Settings of the REST host besides its address: who may use it, how much, what is kept of it, and where it writes its log. */

import { hasAtMost } from '@lutra/core';
import { defaultBounds } from '@lutra/core/stores';
import { originOf } from '@lutra/http';
import { defaultRoles, parseRate, type Rate } from '@lutra/rest';
import { z } from 'zod';
import { durationText, positiveDuration } from './engine-options.ts';
import { bytes, listOf, oneOf, type Setting, setting, span, textThat, trueOrFalse, urlThat, wholeNumber } from './setting.ts';

const quota = wholeNumber(0, 1_000_000, 'must be an integer of at least 0');
const rate = setting<Rate | 'off'>('must be a rate such as 1000/MINUTE (or SECOND, HOUR, DAY), or off', (value) =>
  value === 'off' || value === false ? 'off' : typeof value === 'string' ? parseRate(value) : undefined,
);
const anyText = textThat('must be text', /^[^\0]+$/);
const identityUrl = urlThat(
  'must be a URL that ends in /v2.0 or /v3',
  /^https?:\/\/[^\s?#"\\]+\/(?:v2\.0|v3)\/?$/,
  'they belong into auth.keystone.username and auth.keystone.password',
);
const longestRole = 256;
const mostRoles = 100;
const isRole = (name: unknown): name is string => typeof name === 'string' && name !== '' && hasAtMost(name, longestRole);
/** A list, or from a flag or variable its items with commas between them. */
const roleNames = (least: number): z.ZodType<readonly string[], unknown> =>
  setting(`must be a list of ${least} to ${mostRoles} names of roles, such as [admin, member] or admin,member`, (value) => {
    const names = typeof value === 'string' ? value.split(',').flatMap((name) => name.trim() || []) : value;
    return Array.isArray(names) && names.length >= least && names.length <= mostRoles && names.every(isRole) ? names : undefined;
  });

/** By the path of their keys in the file. */
export const hostSettings = {
  'auth.mode': {
    takes: '<mode>',
    says: 'who may use the API: none (everybody), tokens (of a file), keystone (tokens that Keystone knows)',
    schema: oneOf(['none', 'tokens', 'keystone'], 'must be none, tokens or keystone').default('none'),
  },
  'auth.insecure': {
    takes: '',
    says: 'allow --auth none, or --cloud-auth off, on an address that others can reach',
    schema: trueOrFalse.default(false),
  },
  'auth.tokens': {
    takes: '<file>',
    says: 'for --auth tokens: YAML or JSON file of tokens, each with its tenants and roles; read again when it changes and on SIGHUP',
    schema: anyText.optional(),
  },
  'auth.keystone.url': {
    takes: '<url>',
    says: "for --auth keystone: address of identity; without it, the simulated cloud's",
    schema: identityUrl.optional(),
  },
  'auth.keystone.username': {
    takes: '<name>',
    says: 'user as whom the host asks identity about tokens',
    schema: anyText.optional(),
  },
  'auth.keystone.password': {
    takes: '<text>',
    says: 'password of this user; better in the environment',
    schema: anyText.optional(),
    secret: true,
  },
  'auth.keystone.apiKey': { takes: '<text>', says: 'or its API key', schema: anyText.optional(), secret: true },
  'auth.keystone.tenant': { takes: '<name>', says: 'tenant or project to log in to, where identity wants one', schema: anyText.optional() },
  'auth.keystone.domain': { takes: '<name>', says: 'domain of user and project (v3)', schema: anyText.default('Default') },
  'auth.keystone.roles.admin': {
    takes: '<names>',
    says: 'roles of identity that may do everything on their tenant, with commas between them',
    schema: roleNames(1).default(defaultRoles.admin),
  },
  'auth.keystone.roles.observer': {
    takes: '<names>',
    says: 'roles of identity that may read',
    schema: roleNames(0).default(defaultRoles.observer),
  },
  'auth.keystone.roles.operator': {
    takes: '<names>',
    says: 'roles of identity that run this service: they may stop all hosts',
    schema: roleNames(0).default(defaultRoles.operator),
  },
  'auth.keystone.ttl': {
    takes: '<duration>',
    says: 'how long an answer of identity serves; a revoked token works at most this much longer',
    schema: span.default(60_000 as z.output<typeof span>),
  },
  'secrets.keyFile': {
    takes: '<file>',
    says: 'file with the key that seals secrets in the store, made at the first start; without it, secrets.key in the folder of data',
    schema: anyText.optional(),
  },
  'limits.groups': { takes: '<number>', says: 'groups of a tenant at most; wins over options.limits', schema: quota.optional() },
  'limits.policies': { takes: '<number>', says: 'policies of a group at most', schema: quota.optional() },
  'limits.webhooks': { takes: '<number>', says: 'webhooks of a policy at most', schema: quota.optional() },
  'limits.groupBytes': {
    takes: '<bytes>',
    says: 'JSON of the configurations, policies and webhooks of a group together at most',
    schema: bytes.optional(),
  },
  'limits.webhookBytes': {
    takes: '<bytes>',
    says: 'JSON of the metadata of the webhooks of a policy together at most',
    schema: bytes.optional(),
  },
  'limits.rate.tenant': {
    takes: '<rate|off>',
    says: 'requests of a tenant at most; without it 1000/MINUTE, on a simulated cloud off',
    schema: rate.optional(),
  },
  'limits.rate.execute': {
    takes: '<rate|off>',
    says: 'capability calls from one address, and of one URL, at most; without it 10/SECOND, on a simulated cloud off',
    schema: rate.optional(),
  },
  'limits.connectionsPerAddress': {
    takes: '<number>',
    says: 'connections of one address at most, on each port; without it 1000, and no bound of the API behind trusted proxies',
    schema: wholeNumber(1, 10_000, 'must be an integer from 1 to 10000').optional(),
  },
  'activity.perGroup': {
    takes: '<number>',
    says: 'entries of activity kept of a group at most; beyond it the eldest goes',
    schema: wholeNumber(1, 1_000_000, 'must be an integer from 1 to 1000000').default(defaultBounds.activityPerGroup),
  },
  'activity.perTenant': {
    takes: '<number>',
    says: 'entries of activity kept of all groups of a tenant at most, removed ones too',
    schema: wholeNumber(1, 100_000_000, 'must be an integer from 1 to 100000000').default(defaultBounds.activityPerTenant),
  },
  'activity.keptFor': {
    takes: '<duration>',
    says: 'how long an entry of activity is kept at most, also of a removed group',
    schema: positiveDuration.default(defaultBounds.activityAge),
  },
  allowedOrigins: {
    takes: '<origins>',
    says: 'web pages that may use ports which ask nobody for a token, such as https://dashboard.example; several with commas',
    schema: listOf('must be origins such as https://dashboard.example, without a path', originOf).default([]),
  },
  trustedProxies: {
    takes: '<number>',
    says: 'proxies in front of the API whose X-Forwarded-For is believed',
    schema: wholeNumber(0, 10, 'must be an integer from 0 to 10').default(0),
  },
  logFile: { takes: '<file>', says: 'write the log there instead of to stderr; opened again on SIGHUP', schema: anyText.optional() },
} as const satisfies Record<string, Setting>;

const schemaOf = <N extends keyof typeof hostSettings>(name: N): (typeof hostSettings)[N]['schema'] => hostSettings[name].schema;

/** Quotas and rate of one tenant, where they differ from everybody's. In the file only. */
const ofTenant = z.strictObject(
  {
    groups: quota.optional(),
    policies: quota.optional(),
    webhooks: quota.optional(),
    groupBytes: bytes.optional(),
    webhookBytes: bytes.optional(),
    rate: z.strictObject({ tenant: rate.optional() }, { error: 'must be a mapping' }).prefault({}),
  },
  { error: 'must be a mapping' },
);

/** The same, nested as in the file. `auth: tokens` is short for `auth: { mode: tokens }`. */
export const hostSchema = {
  auth: z.preprocess(
    (given) => (typeof given === 'string' ? { mode: given } : given),
    z
      .strictObject(
        {
          mode: schemaOf('auth.mode'),
          insecure: schemaOf('auth.insecure'),
          tokens: schemaOf('auth.tokens'),
          keystone: z
            .strictObject(
              {
                url: schemaOf('auth.keystone.url'),
                username: schemaOf('auth.keystone.username'),
                password: schemaOf('auth.keystone.password'),
                apiKey: schemaOf('auth.keystone.apiKey'),
                tenant: schemaOf('auth.keystone.tenant'),
                domain: schemaOf('auth.keystone.domain'),
                roles: z
                  .strictObject(
                    {
                      admin: schemaOf('auth.keystone.roles.admin'),
                      observer: schemaOf('auth.keystone.roles.observer'),
                      operator: schemaOf('auth.keystone.roles.operator'),
                    },
                    { error: 'must be a mapping with the keys admin, observer and operator' },
                  )
                  .prefault({}),
                ttl: schemaOf('auth.keystone.ttl'),
              },
              { error: 'must be a mapping' },
            )
            .prefault({}),
        },
        { error: 'must be none, tokens, keystone or a mapping' },
      )
      .prefault({}),
  ),
  secrets: z.strictObject({ keyFile: schemaOf('secrets.keyFile') }, { error: 'must be a mapping' }).prefault({}),
  limits: z
    .strictObject(
      {
        groups: schemaOf('limits.groups'),
        policies: schemaOf('limits.policies'),
        webhooks: schemaOf('limits.webhooks'),
        groupBytes: schemaOf('limits.groupBytes'),
        webhookBytes: schemaOf('limits.webhookBytes'),
        rate: z
          .strictObject(
            { tenant: schemaOf('limits.rate.tenant'), execute: schemaOf('limits.rate.execute') },
            { error: 'must be a mapping' },
          )
          .prefault({}),
        connectionsPerAddress: schemaOf('limits.connectionsPerAddress'),
        tenants: z.record(z.string(), ofTenant, 'must be a mapping of tenant ids to limits').default({}),
      },
      { error: 'must be a mapping' },
    )
    .prefault({}),
  activity: z
    .strictObject(
      {
        perGroup: schemaOf('activity.perGroup'),
        perTenant: schemaOf('activity.perTenant'),
        keptFor: schemaOf('activity.keptFor'),
      },
      { error: 'must be a mapping' },
    )
    .prefault({}),
  allowedOrigins: schemaOf('allowedOrigins'),
  trustedProxies: schemaOf('trustedProxies'),
  logFile: schemaOf('logFile'),
};

/** Whether only this machine can reach the address. */
export const isLoopback = (host: string): boolean => /^(?:localhost|::1|127(?:\.\d{1,3}){3})$/i.test(host);

interface Chosen {
  readonly host: string;
  readonly cloud: string;
  readonly cloudHost: string;
  readonly cloudAuth: string;
  readonly auth: z.output<(typeof hostSchema)['auth']>;
}

/** What is wrong between settings that are each right by themselves: the key and the sentence. */
export function contradictions({ host, cloudHost, cloudAuth, auth }: Chosen): readonly (readonly [key: string, sentence: string])[] {
  const { mode, insecure, tokens, keystone } = auth;
  const found: [string, string][] = [];
  if (mode === 'none' && !insecure && !isLoopback(host)) {
    found.push(['auth', `must be tokens or keystone where others can reach the API (host ${host}); --insecure allows none all the same`]);
  }
  if (cloudAuth === 'off' && !insecure && !isLoopback(cloudHost)) {
    found.push(['cloudAuth', `must be on where others can reach the cloud (cloudHost ${cloudHost}); --insecure allows off all the same`]);
  }
  if (mode !== 'tokens' && tokens !== undefined) {
    found.push([
      'auth.tokens',
      `names a file of tokens that nobody is asked for, because auth is ${mode}; set auth to tokens, or leave it out`,
    ]);
  }
  if (mode === 'none' && keystone.url !== undefined) {
    found.push(['auth.keystone.url', 'names an identity that is not asked, because auth is none; set auth to keystone, or leave it out']);
  }
  if (mode === 'tokens' && tokens === undefined) found.push(['auth.tokens', 'must name the file of tokens, because auth is tokens']);
  if (mode === 'keystone' && keystone.url !== undefined) {
    if (keystone.username === undefined) found.push(['auth.keystone.username', 'must be given, because auth is keystone']);
    if ((keystone.password === undefined) === (keystone.apiKey === undefined)) {
      found.push(['auth.keystone.password', 'or auth.keystone.apiKey must be given, and not both, because auth is keystone']);
    }
    if (keystone.apiKey !== undefined && /\/v3\/?$/.test(keystone.url)) {
      found.push(['auth.keystone.apiKey', 'must not be given for a URL that ends in /v3, which knows no API keys']);
    }
  }
  return found;
}

/** Settings whose values are secrets, by the path of their keys. */
export const secretNames = Object.entries<Setting>(hostSettings).flatMap(([name, { secret }]) => (secret ? [name] : []));
/** Whether what stands at a path of keys must not be shown: a secret, or where there should be a mapping with one. */
export const holdsSecret = (path: string): boolean => secretNames.some((name) => name === path || name.startsWith(`${path}.`));

/** Settings as a file gives them: rates and durations as text, secrets as `***`. */
export function writeHostSettings<
  T extends {
    readonly auth: Chosen['auth'];
    readonly limits: z.output<(typeof hostSchema)['limits']>;
    readonly activity: z.output<(typeof hostSchema)['activity']>;
  },
>(config: T): object {
  const { auth, limits, activity } = config;
  const rated = <R extends { readonly tenant?: Rate | 'off' | undefined; readonly execute?: Rate | 'off' | undefined }>(of: R): object =>
    Object.fromEntries(Object.entries(of).map(([key, value]) => [key, rateText(value)]));
  const { password, apiKey, ttl, ...keystone } = auth.keystone;
  const secrets = Object.fromEntries(
    Object.entries({ password, apiKey }).flatMap(([key, value]) => (value === undefined ? [] : [[key, '***']])),
  );
  return {
    ...config,
    auth: { ...auth, keystone: { ...keystone, ...secrets, ttl: durationText(ttl) } },
    activity: { ...activity, keptFor: durationText(activity.keptFor) },
    limits: {
      ...limits,
      rate: rated(limits.rate),
      tenants: Object.fromEntries(Object.entries(limits.tenants).map(([id, of]) => [id, { ...of, rate: rated(of.rate) }])),
    },
  };
}

const rateText = (rate: Rate | 'off' | undefined): string | undefined =>
  rate === undefined || rate === 'off' ? rate : `${rate.value}/${rate.unit}`;

import { defaultOptions } from '@lutra/core';
import { defaultRoles } from '@lutra/rest';
import { describe, expect, it } from 'vitest';
import { CliError } from './cli-error.ts';
import { flagOf, readConfig, settingNames, variableOf, writeConfig } from './config.ts';

const read = (flags: Parameters<typeof readConfig>[0]['flags'], environment = {}) => readConfig({ flags, environment });

describe('readConfig', () => {
  it('has a default for everything', () => {
    const { options, ...config } = read({});
    expect(config).toEqual({
      port: 8080,
      host: '127.0.0.1',
      cloud: 'simulated',
      cloudHost: '127.0.0.1',
      cloudPort: 8090,
      cloudAuth: 'off',
      cloudRegion: 'ORD',
      data: '.lutra',
      secrets: {},
      pace: 'demo',
      seed: '1',
      logLevel: 'info',
      auth: { mode: 'none', insecure: false, keystone: { domain: 'Default', roles: defaultRoles, ttl: 60_000 } },
      limits: { rate: {}, tenants: {} },
      activity: { perGroup: 1000, perTenant: 100_000, keptFor: 2_592_000_000 },
      allowedOrigins: [],
      trustedProxies: 0,
    });
    expect(options).toEqual(defaultOptions);
  });

  it.each(['-1', '65536', '80.5', '', 'http', '0x50'])('refuses %j as a port', (port) => {
    expect(() => read({ port })).toThrow(`config: port must be an integer from 0 to 65535, got ${JSON.stringify(port)} (from --port)`);
  });

  it('names the environment variable that is wrong', () => {
    expect(() => read({}, { LUTRA_LOG_LEVEL: 'loud' })).toThrow(
      'config: logLevel must be one of debug, info, warn, error, silent, got "loud" (from LUTRA_LOG_LEVEL)',
    );
  });

  it('takes a public URL only without a path', () => {
    expect(read({ publicUrl: 'https://autoscale.example:8443/' }).publicUrl).toBe('https://autoscale.example:8443/');
    expect(() => read({ publicUrl: 'https://example.com/autoscale' })).toThrow('config: publicUrl must be a URL without a path');
  });
});

describe('readConfig of who may use the API', () => {
  const keystone = { auth: 'keystone', 'auth.keystone.url': 'https://identity.example/v2.0' };
  const said = (flags: Parameters<typeof read>[0], environment = {}): string => {
    try {
      read(flags, environment);
      return '';
    } catch (error) {
      return error instanceof CliError ? error.message : String(error);
    }
  };

  it('refuses an open API on an address that others can reach, unless that is forced', () => {
    for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost']) expect(read({ host }).auth.mode).toBe('none');
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'autoscale.example', '1270.0.0.1']) {
      expect(said({ host })).toBe(
        `config: auth must be tokens or keystone where others can reach the API (host ${host}); --insecure allows none all the same`,
      );
      expect(read({ host, insecure: true }).auth.insecure).toBe(true);
      expect(read({ host }, { LUTRA_INSECURE: 'true' }).auth.insecure).toBe(true);
      expect(read({ host, auth: 'tokens', 'auth.tokens': 'f' }).auth.mode).toBe('tokens');
    }
  });

  it('refuses a cloud without token checks on an address that others can reach, unless that is forced', () => {
    for (const cloudHost of ['127.0.0.1', '::1', 'localhost']) expect(read({ cloudHost }).cloudAuth).toBe('off');
    for (const cloudHost of ['0.0.0.0', '::', '10.0.0.1', 'cloud.example']) {
      expect(said({ cloudHost })).toBe(
        `config: cloudAuth must be on where others can reach the cloud (cloudHost ${cloudHost}); --insecure allows off all the same`,
      );
      expect(read({ cloudHost, insecure: true }).cloudHost).toBe(cloudHost);
      expect(read({ cloudHost, cloudAuth: 'on' }).cloudHost).toBe(cloudHost);
    }
    expect(read({ host: '0.0.0.0', insecure: true }).cloudHost).toBe('127.0.0.1');
  });

  it.each<[string, Record<string, string>]>([
    ['config: auth.mode must be none, tokens or keystone, got "ldap" (from --auth)', { auth: 'ldap' }],
    ['config: auth.tokens must name the file of tokens, because auth is tokens', { auth: 'tokens' }],
    ['config: auth.keystone.username must be given, because auth is keystone', { ...keystone, 'auth.keystone.password': 'p' }],
    [
      'config: auth.keystone.password or auth.keystone.apiKey must be given, and not both, because auth is keystone',
      { ...keystone, 'auth.keystone.username': 'u' },
    ],
    [
      'config: auth.keystone.apiKey must not be given for a URL that ends in /v3, which knows no API keys',
      { ...keystone, 'auth.keystone.url': 'http://i/v3', 'auth.keystone.username': 'u', 'auth.keystone.apiKey': 'k' },
    ],
    [
      'config: auth.keystone.url must be a URL that ends in /v2.0 or /v3, got "http://i" (from --auth.keystone.url)',
      { 'auth.keystone.url': 'http://i' },
    ],
  ])('says %s', (sentence, flags) => {
    expect(said(flags)).toBe(sentence);
  });

  it.each<[name: string, flags: Record<string, string>]>([
    ['auth.keystone.url', { auth: 'keystone', 'auth.keystone.url': 'https://lutra:s3cret@identity.example/v3' }],
    ['auth.keystone.url', { auth: 'keystone', 'auth.keystone.url': 'lutra:s3cret@identity.example/v3' }],
    ['auth.keystone.url', { auth: 'keystone', 'auth.keystone.url': 'https://lutra:s3?cr/et@identity.example/v3' }],
    ['publicUrl', { publicUrl: 'https://lutra:s3cret@autoscale.example' }],
  ])('refuses a user name and a password in %s without showing them: %o', (name, flags) => {
    const sentence = said(flags);
    expect(sentence).toContain(`config: ${name} must not hold a user name or a password (an "@"): `);
    expect(sentence).toMatch(/, got "\*\*\*" \(from --/);
    expect(sentence).not.toMatch(/s3|identity\.example|autoscale\.example/);
  });

  it('shows no address with a password that was put elsewhere, and nothing at any length', () => {
    expect(said({ cloud: 'https://lutra:s3cret@nova.example' })).toContain('got "***"');
    expect(said({ cloud: 'x'.repeat(10_000) }).length).toBeLessThan(400);
  });

  it('takes names of roles as a list or with commas between them', () => {
    const names = (admin: string, observer?: string) =>
      read({ 'auth.keystone.roles.admin': admin, 'auth.keystone.roles.observer': observer }).auth.keystone.roles;
    expect(names('admin, member')).toEqual({ ...defaultRoles, admin: ['admin', 'member'] });
    expect(names('admin', '')).toEqual({ ...defaultRoles, admin: ['admin'], observer: [] });
    expect(said({ 'auth.keystone.roles.admin': ' ,' })).toBe(
      'config: auth.keystone.roles.admin must be a list of 1 to 100 names of roles, such as [admin, member] or admin,member, got " ," (from --auth.keystone.roles.admin)',
    );
  });

  it('shows no secret, not even a wrong one', () => {
    const config = read({ ...keystone, 'auth.keystone.username': 'u' }, { LUTRA_AUTH_KEYSTONE_PASSWORD: 's3cret' });
    expect(config.auth.keystone.password).toBe('s3cret');
    expect(writeConfig(config)).not.toContain('s3cret');
    expect(said({}, { LUTRA_AUTH_KEYSTONE_API_KEY: 's3cret\0' })).toBe(
      'config: auth.keystone.apiKey must be text, got "***" (from LUTRA_AUTH_KEYSTONE_API_KEY)',
    );
  });
});

describe('readConfig of limits', () => {
  it('takes quotas and rates, and says what is wrong with them', () => {
    expect(read({ 'limits.groups': '7', 'limits.rate.tenant': '5/second' }, { LUTRA_LIMITS_RATE_EXECUTE: 'off' }).limits).toEqual({
      groups: 7,
      rate: { tenant: { value: 5, unit: 'SECOND' }, execute: 'off' },
      tenants: {},
    });
    expect(() => read({ 'limits.rate.tenant': 'fast', 'limits.policies': '-1' })).toThrow(
      'config: limits.policies must be an integer of at least 0, got "-1" (from --limits.policies)\n' +
        'config: limits.rate.tenant must be a rate such as 1000/MINUTE (or SECOND, HOUR, DAY), or off, got "fast" (from --limits.rate.tenant)',
    );
  });
});

describe('flagOf and variableOf', () => {
  it('name each setting once', () => {
    expect(settingNames.map(flagOf)).toContain('--public-url');
    expect(settingNames.map(variableOf)).toContain('LUTRA_CLOUD_PORT');
    expect(new Set(settingNames.map(variableOf)).size).toBe(settingNames.length);
  });
});

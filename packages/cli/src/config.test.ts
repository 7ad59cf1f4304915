import { defaultOptions } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { flagOf, readConfig, settingNames, variableOf } from './config.ts';

const read = (flags: Parameters<typeof readConfig>[0]['flags'], environment = {}) => readConfig({ flags, environment });

describe('readConfig', () => {
  it('has a default for everything', () => {
    const { options, ...config } = read({});
    expect(config).toEqual({
      port: 8080,
      host: '127.0.0.1',
      cloud: 'simulated',
      cloudPort: 8090,
      cloudAuth: 'off',
      store: 'memory',
      pace: 'demo',
      seed: '1',
      logLevel: 'info',
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

describe('flagOf and variableOf', () => {
  it('name each setting once', () => {
    expect(settingNames.map(flagOf)).toContain('--public-url');
    expect(settingNames.map(variableOf)).toContain('LUTRA_CLOUD_PORT');
    expect(new Set(settingNames.map(variableOf)).size).toBe(settingNames.length);
  });
});

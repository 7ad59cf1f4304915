import { parseExactly } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { describeProblems } from './problems.ts';
import { groupConfiguration, newGroup } from './schemas/group.ts';
import { launchConfiguration } from './schemas/launch-configuration.ts';
import { newPolicies, policy } from './schemas/policy.ts';
import { newWebhooks } from './schemas/webhook.ts';

const schemas = { groupConfiguration, newGroup, launchConfiguration, policy, newPolicies, newWebhooks };
const launch = (args: string): string => `{"type":"launch_server","args":{"server":{"flavorRef":"2","imageRef":"I"},${args}}}`;
const config = '"name":"web","cooldown":60,"minEntities":0,"maxEntities":1';

describe('describeProblems', () => {
  const told: readonly (readonly [keyof typeof schemas, body: string, sentence: string])[] = [
    ['groupConfiguration', '[]', 'The body must be an object, not an array of 0.'],
    ['groupConfiguration', '1.0', 'The body must be an object, not 1.0.'],
    ['groupConfiguration', `{${config},"metadata":2.0}`, 'metadata must be an object, not 2.0.'],
    [
      'groupConfiguration',
      `{${config},"metadata":{},"poofy":1,"__proto__":{}}`,
      'The body has the unknown keys "poofy", "__proto__"; its keys are name, cooldown, minEntities, maxEntities, metadata.',
    ],
    [
      'groupConfiguration',
      `{${config.replace('60', '60.0')},"metadata":{}}`,
      'cooldown must be an integer from 0 to 86400 (seconds), not 60.0.',
    ],
    [
      'newGroup',
      '{"groupConfiguration":3}',
      'groupConfiguration must be an object, not 3. launchConfiguration is missing: it must be an object.',
    ],
    [
      'launchConfiguration',
      launch('"draining_timeout":"20"'),
      'args.draining_timeout must be a number from 30 to 3600 (seconds), not "20".',
    ],
    [
      'launchConfiguration',
      launch('"loadBalancers":[{"loadBalancerId":"a","type":"RackConnectV3","port":1}]'),
      'args.loadBalancers[0] has the unknown key "port"; its keys are loadBalancerId, type.',
    ],
    [
      'launchConfiguration',
      launch('"server":{"flavorRef":"2","imageRef":"I","metadata":{"anc%":"x"}}'),
      'args.server.metadata["anc%"] must not be a key: keys are 1 to 255 letters, digits, spaces and characters of "-_:.".',
    ],
    [
      'policy',
      '{"name":"a","type":"webhook","cooldown":0,"change":1,"desiredCapacity":2}',
      'The body must have exactly one of change, changePercent, desiredCapacity, not change and desiredCapacity.',
    ],
    ['newPolicies', '["tacos"]', '[0] must be an object, not "tacos".'],
    [
      'newWebhooks',
      `[{"name":"a","metadata":{"k":"${'x'.repeat(300)}"}}]`,
      `[0].metadata.k must be text of at most 256 characters, not "${'x'.repeat(59)}....`,
    ],
    [
      'newWebhooks',
      `[{"name":"a","metadata":{"k":"${'😀'.repeat(257)}"}}]`,
      `[0].metadata.k must be text of at most 256 characters, not "${'😀'.repeat(59)}....`,
    ],
  ];
  it.each(told)('says where a %s breaks a rule, which rule, and what was given: %s', (schema, body, sentence) => {
    const value = parseExactly(body);
    expect(describeProblems(value, schemas[schema].safeParse(value).error?.issues ?? [])).toBe(sentence);
  });

  it.each([
    ['block devices', `"block_device_mapping":[${'1,'.repeat(500_000)}1]`],
    ['files', `"personality":[${'{},'.repeat(300_000)}1]`],
    ['metadata', `"metadata":{${Array.from({ length: 80_000 }, (_, index) => `"%${index}":1`).join()}}`],
  ])('looks for no more than some of the problems of a great many %s', (_what, field) => {
    const value = parseExactly(launch(`"server":{"flavorRef":"2","imageRef":"I",${field}}`));
    const { issues = [] } = schemas.launchConfiguration.safeParse(value).error ?? {};
    expect(describeProblems(value, issues)).toMatch(/ And more than 50 more\.$/);
    expect(issues.length).toBeLessThanOrEqual(200);
  });

  it('tells five problems and counts the others', () => {
    const value = parseExactly(`[${'{},'.repeat(4)}{}]`);
    const text = describeProblems(value, newPolicies.safeParse(value).error?.issues ?? []);
    expect(text).toMatch(/ And 10 more\.$/);
  });
});

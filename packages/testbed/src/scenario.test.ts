import { describe, expect, it } from 'vitest';
import { parseScenario, ScenarioError } from './scenario.ts';

const good = `
name: small
duration: 1h
cloud: { pace: demo, tenants: { '1': { loadBalancers: [7] } } }
groups:
  - name: web
    tenant: 1
    desired: 2
    launch: { loadBalancers: [{ id: 7, port: 80 }] }
    policies: [{ name: up, change: 1 }]
timeline:
  - { at: 10m, do: kill-servers, fraction: 0.5, how: vanish }
  - { at: 11m, do: execute-policy, group: web, policy: up }
faults:
  - { id: lost, when: { op: server.create, from: 1m }, do: { fault: response.lost } }
engine: { createVisibility: 60s, createsPerPass: 10 }
`;

/** What is said about the good scenario after a change. */
function problemsAfter(from: string, to: string): readonly string[] {
  expect(good).toContain(from);
  try {
    parseScenario(good.replace(from, to));
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems;
    throw error;
  }
  return [];
}

describe('parseScenario', () => {
  it('fills in defaults and reads durations', () => {
    const scenario = parseScenario(good);
    expect(scenario).toMatchObject({
      seed: '1',
      duration: 3_600_000,
      groups: [{ tenant: '1', min: 0, max: 1000, launch: { flavor: 'performance1-1', loadBalancers: [{ id: '7', port: 80 }] } }],
      timeline: [{ at: 600_000, how: ['vanish'] }, { do: 'execute-policy' }],
      faults: [{ when: { from: 60_000, p: 1, skip: 0, every: 1 }, parts: [{ phase: 'after_commit', params: { mode: 'reset' } }] }],
      engine: { createVisibility: 60_000, createsPerPass: 10 },
      expect: { maxOvershoot: 0, status: {} },
    });
  });

  it('takes who there is as an identity file does', () => {
    const scenario = parseScenario(good.replace('pace: demo,', 'pace: demo, identity: { users: [{ name: u, password: p, tenant: 1 }] },'));
    expect(scenario.cloud.identity).toMatchObject({ autoCreate: true, users: [{ name: 'u', tenant: '1', roles: [] }] });
    expect(problemsAfter('pace: demo,', 'pace: demo, identity: { users: [{ name: u }] },')[0]).toMatch(/identity\.users\[0\]\.password/);
  });

  it('names the key of what is wrong', () => {
    expect(problemsAfter('port: 80', 'port: http')).toEqual([expect.stringMatching(/^groups\[0\]\.launch\.loadBalancers\[0\]\.port: /)]);
    expect(problemsAfter('duration: 1h', 'duration: long')).toEqual([expect.stringMatching(/^duration: expected a duration such as 90s/)]);
    expect(problemsAfter('desired: 2', 'desired: two')).toEqual([expect.stringMatching(/^groups\[0\]\.desired: /)]);
    expect(problemsAfter('pace: demo', 'pace: slow')).toEqual([expect.stringMatching(/^cloud\.pace: /)]);
    expect(problemsAfter('change: 1', 'change: 1, changePercent: 5')).toEqual([
      'groups[0].policies[0]: a policy has exactly one of change, changePercent and desiredCapacity',
    ]);
  });

  it('refuses keys that it does not know', () => {
    expect(problemsAfter('    desired: 2', '    desired: 2\n    size: 3')[0]).toMatch(/^groups\[0\]: .*size/);
    expect(problemsAfter('createVisibility', 'visibility')).toEqual(['engine.visibility: no such option of the engine']);
  });

  it('checks the timeline against the groups', () => {
    expect(problemsAfter('group: web, policy: up', 'group: api, policy: up')).toContain('timeline[1].group: no group is called api');
    expect(problemsAfter('policy: up', 'policy: down')).toEqual(['timeline[1].policy: group web has no policy called down']);
    expect(problemsAfter('at: 10m', 'at: 2h')).toEqual(['timeline[0].at: is after the end of the scenario']);
    expect(problemsAfter('fraction: 0.5', 'fraction: 0.5, count: 1')).toEqual(['timeline[0]: say how many by either count or fraction']);
    expect(problemsAfter('do: kill-servers', 'do: dance')[0]).toMatch(/^timeline\[0\]\.do: /);
  });

  it('checks the faults', () => {
    expect(problemsAfter('response.lost', 'response.eaten')[0]).toMatch(/^faults\[0\]\.do\.fault: no fault is called response\.eaten/);
    expect(problemsAfter('op: server.create', 'op: server.make')[0]).toMatch(/^faults\[0\]\.when\.op: /);
  });

  it('says what must be there instead', () => {
    expect(problemsAfter('name: small', 'name: ""')).toEqual(['name: must not be empty']);
    expect(problemsAfter('duration: 1h', 'seed: 1')).toEqual([expect.stringMatching(/^duration: /)]);
    expect(problemsAfter('    desired: 2', '    desired: -2')[0]).toBe('groups[0].desired: must be at least 0, got -2');
    expect(problemsAfter('fraction: 0.5', 'fraction: 5')).toEqual(['timeline[0].fraction: must be at most 1, got 5']);
    expect(problemsAfter('desired: 2', 'desired: [2]')).toEqual(['groups[0].desired: must be a number, got [2]']);
    expect(problemsAfter('    tenant: 1\n', '')[0]).toMatch(/^groups\[0\]\.tenant: /);
    expect(problemsAfter('do: kill-servers', 'do: dance')[0]).toMatch(/^timeline\[0\]\.do: must not be "dance": one of kill-servers, /);
    expect(problemsAfter('    desired: 2', '    desired: 2\n    size: 3')).toEqual(['groups[0]: there is no key "size"']);
  });

  it('reports every problem at once', () => {
    expect(problemsAfter('name: small\nduration: 1h', 'title: small\nduration: soon')).toHaveLength(3);
  });

  it('says where YAML itself is broken', () => {
    expect(problemsAfter('name: small', 'name: [small')[0]).toMatch(/line \d+/);
    expect(() => parseScenario('')).toThrow('(the file): ');
  });
});

import { seconds } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import type { CheckerKind } from './checkers/checker.ts';
import { type RunOptions, runScenario } from './run.ts';
import { parseScenario } from './scenario.ts';

const small = (more = '', expectations = '{ convergedBy: 20m }') =>
  parseScenario(`
name: small
duration: 30m
cloud: { pace: realistic, tenants: { '1': { loadBalancers: [7], servers: [own] } } }
groups:
  - name: web
    tenant: 1
    desired: 6
    min: 1
    launch: { loadBalancers: [{ id: 7, port: 80 }] }
    policies: [{ name: up, change: 2 }]
  - { name: batch, tenant: 2, desired: 3 }
expect: ${expectations}
${more}`);

const eventful = small(`
timeline:
  - { at: 5m, do: kill-servers, fraction: 0.4, how: [error, vanish] }
  - { at: 6m, do: execute-policy, group: web, policy: up }
  - { at: 7m, do: remove-nodes, tenant: 1, loadBalancer: 7, count: 1 }
faults:
  - { id: lost, when: { op: server.create, p: 0.5, until: 10m }, do: { fault: response.lost } }
  - { id: bad, when: { p: 0.4, until: 10m }, do: { fault: build.error } }
`);

/** The outcome and every line of the trace. */
async function traced(scenario = eventful, options: RunOptions = {}) {
  const lines: string[] = [];
  const outcome = await runScenario(scenario, { ...options, onTrace: (line) => lines.push(line) });
  return { outcome, lines };
}

describe('runScenario', () => {
  it('knows when a group in a pool is converged, though joining is all that happens last', async () => {
    const pool = '0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d';
    const scenario = parseScenario(`
name: pooled
duration: 2h
cloud: { tenants: { '1': { pools: [${pool}] } } }
groups: [{ name: pooled, tenant: 1, desired: 3, launch: { pools: [${pool}] } }]
expect: { convergedBy: 20m }`);
    const { outcome, lines } = await traced(scenario);
    expect(outcome.violations).toEqual([]);
    const joined = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === 'pool-member-added');
    expect(joined).toHaveLength(3);
    expect(joined[0]).toMatchObject({ of: 'cloud', tenantId: '1', poolId: pool, by: 'caller' });
  });

  it('runs the same way from the same seed, another way from another', async () => {
    const [first, second, other] = [await traced(), await traced(), await traced(eventful, { seed: 2 })];
    expect(second).toEqual(first);
    expect(other.outcome.traceHash).not.toBe(first.outcome.traceHash);
    expect(first.outcome.events).toBe(first.lines.length);
  });

  it('tells what came of it as plain JSON', async () => {
    const { outcome } = await traced();
    expect(JSON.parse(JSON.stringify(outcome))).toEqual(outcome);
    expect(outcome).toMatchObject({ scenario: 'small', seed: '1', simulatedMs: 1_800_000, converged: true, overshoot: 0, violations: [] });
    expect(outcome.groups).toMatchObject([
      { name: 'web', tenantId: '1', desired: 8, active: 8, status: 'ACTIVE', errors: [] },
      { name: 'batch', tenantId: '2', desired: 3, active: 3 },
    ]);
    expect(outcome.faults.every(({ hits }) => hits > 0)).toBe(true);
  });

  it('shows each group over time, in truth, changes only', async () => {
    const { outcome } = await traced();
    const web = outcome.timeline.filter(({ group }) => group === 'web');
    expect(web[0]).toMatchObject({ desired: 6, active: 0 });
    expect(web.some(({ failed }) => failed > 0)).toBe(true);
    expect(web.at(-1)).toMatchObject({ desired: 8, active: 8, pending: 0, failed: 0, leaving: 0, status: 'ACTIVE' });
    const states = web.map(({ at: _, ...state }) => JSON.stringify(state));
    expect(states.some((state, index) => state === states[index - 1])).toBe(false);
  });

  it('reports a run that ends before its groups are whole again', async () => {
    const { outcome } = await traced(small('timeline: [{ at: 1799s, do: kill-servers, group: web, count: 2, how: vanish }]'));
    const found = outcome.violations.map(({ checker, group, message }) => `${checker} ${group}: ${message}`);
    expect(found).toContain('converged web: 4 servers are ACTIVE, 6 are desired');
    expect(found).toContain('converged-by web: is not converged at the end; it should be by 1200 s');
    expect(outcome.converged).toBe(false);
  });

  it('expects the status that the scenario names', async () => {
    const gone = 'timeline: [{ at: 10m, do: delete-load-balancer, tenant: 1, loadBalancer: 7 }, { at: 11m, do: converge, group: web }]';
    const { outcome } = await traced(small(gone, '{ status: { web: ERROR } }'));
    expect(outcome.groups[0]).toMatchObject({ status: 'ERROR', errors: [expect.stringContaining('Load Balancer 7')] });
    expect(outcome.violations).toEqual([]);
    const unexpected = await traced(small(gone, '{}'));
    expect(unexpected.outcome.violations.map(({ checker }) => checker)).toContain('expected-status');
  });

  it('plays commands, and tells what came of them', async () => {
    const { outcome, lines } = await traced(
      small(`
timeline:
  - { at: 5m, do: pause, group: web }
  - { at: 6m, do: set-desired, group: web, desired: 9 }
  - { at: 7m, do: resume, group: web }
  - { at: 8m, do: set-desired, group: web, desired: 4 }
  - { at: 9m, do: remove-servers, group: web, count: 1, replace: true }
  - { at: 10m, do: disown-servers, group: web, count: 1 }
  - { at: 11m, do: delete-group, group: batch }
`),
    );
    const came = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === 'commanded');
    expect(came.map(({ what, came: how }) => `${what} ${how.split(':')[0]}`)).toEqual([
      'pause done',
      'set-desired GroupPausedError',
      'resume done',
      'set-desired done',
      'remove-servers done',
      'delete-group done',
    ]);
    expect(outcome.violations).toEqual([]);
    expect(outcome.groups).toMatchObject([
      { desired: 4, active: 4 },
      { desired: 0, active: null },
    ]);
  });

  it('writes down why each call was made: its passes, what they planned, and causes of error as they begin and end', async () => {
    const scenario = parseScenario(
      `
name: why
duration: 1h
cloud: { tenants: { '1': { loadBalancers: [7], quota: { instances: 14 } } } }
groups: [{ name: web, copies: 5, tenant: 1, desired: 3, launch: { loadBalancers: [{ id: 7, port: 80 }] } }]
timeline:
  - { at: 20m, do: set-quota, tenant: 1, instances: 20 }
  - { at: 20m, do: converge, group: web }
`,
    );
    const { outcome, lines } = await traced(scenario);
    const events = lines.map((line) => JSON.parse(line));
    expect(outcome.violations).toEqual([]);
    const planned = new Map(events.filter(({ kind }) => kind === 'pass-planned').map((event) => [`${event.groupId} ${event.pass}`, event]));
    const writes = events.filter(({ kind, op }) => kind === 'called' && /^(?:server\.create|node\.add)$/.test(op));
    expect(writes.length).toBeGreaterThan(6);
    for (const { op, passes } of writes) {
      const steps = passes.flatMap(({ groupId, pass }: Record<string, unknown>) => planned.get(`${groupId} ${pass}`).steps);
      const [step, why] =
        op === 'server.create'
          ? ['create-server', 'Fewer servers count towards capacity than are desired']
          : ['add-nodes', expect.stringMatching(/^Server \S+ is not on load balancer 7$/)];
      expect(steps).toContainEqual(expect.objectContaining({ kind: step, why }));
    }
    expect(writes.some(({ passes }) => passes.length > 1)).toBe(true); // several groups in one call
    expect(events.filter(({ op, passes }) => op === 'server.list' && passes !== undefined)).toEqual([]);
    const causes = events.filter(({ kind }) => /^cause-/.test(kind));
    const [began, ended] = ['cause-began', 'cause-ended'].map((wanted) => causes.filter(({ kind }) => kind === wanted));
    expect(began?.length).toBeGreaterThan(0);
    expect(began?.every(({ at, sentence }) => at < 1_200_000 && /quota/i.test(sentence))).toBe(true);
    expect(ended?.map(({ sentence }) => sentence)).toEqual(began?.map(({ sentence }) => sentence));
    expect(ended?.every(({ at }) => at >= 1_200_000)).toBe(true);
  });

  it('gives a checker the patience that the scenario says, and leaves out one that is off', async () => {
    const short = (checkers: string) =>
      parseScenario(`
name: short
duration: 20m
cloud: { tenants: { '1': { quota: { instances: 1 } } } }
groups: [{ name: web, tenant: 1, desired: 2 }]
checkers: ${checkers}`);
    const told: CheckerKind = {
      name: 'in-rotation',
      make: ({ decidedWithin, violate }) => ({ ended: () => violate(`${decidedWithin} ms`) }),
    };
    const violated = async (checkers: string) => {
      const { violations } = await runScenario(short(checkers), { checkers: [told] });
      return violations.filter(({ checker }) => checker !== 'expected-status').map(({ checker, message }) => `${checker}: ${message}`);
    };
    expect(await violated('{}')).toEqual(['converged: 1 servers are ACTIVE, 2 are desired', 'in-rotation: 165000 ms']);
    expect(await violated('{ converged: { off: true, why: the quota stays }, in-rotation: { patience: 7s, why: a test } }')).toEqual([
      'in-rotation: 7000 ms',
    ]);
    expect(() => short('{ converged: { patience: 7s, why: a test } }')).toThrow('checkers.converged: has no patience');
    expect(() => short('{ converged: { off: true } }')).toThrow('checkers.converged');
    expect(() => short('{ convergd: { off: true, why: a test } }')).toThrow('checkers');
  });

  it('tells about its progress', async () => {
    const seen: number[] = [];
    await runScenario(small(), { onProgress: ({ simulatedMs, durationMs }) => seen.push(simulatedMs / durationMs) });
    expect([seen.length, seen[0], seen.at(-1)]).toEqual([100, 0.01, 1]);
  });

  it('goes on when the timeline names a group that does not exist yet: it gives no command, and what is expected does not hold', async () => {
    const early = small(`
timeline:
  - { at: 30s, do: set-desired, group: web, desired: 9 }
  - { at: 30s, do: remove-servers, group: web, count: 1 }
  - { at: 40s, do: expect, group: web, servers: 0 }
faults: [{ id: out, when: { until: 1m }, do: { fault: connect.refuse } }]`);
    const { outcome, lines } = await traced(early);
    const told = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === 'commanded');
    const came = 'the group does not exist yet';
    expect(told).toMatchObject([
      { at: 30_000, what: 'set-desired', group: 'web', came },
      { at: 30_000, what: 'remove-servers', group: 'web', came },
    ]);
    expect(outcome.violations).toEqual([{ checker: 'expected', at: 40_000, group: 'web', message: `timeline[2]: ${came}` }]);
    expect(outcome.groups).toMatchObject([{ active: 6 }, { active: 3 }]);
  });

  it('rejects when the timeline names a load balancer that is not there', async () => {
    const absent = small('timeline: [{ at: 1m, do: delete-load-balancer, tenant: 1, loadBalancer: 8 }]');
    await expect(runScenario(absent)).rejects.toThrow('timeline[0]: tenant 1 has no load balancer 8.');
  });

  it.each([0, 60])('rejects with what is thrown in a timer of the run, %d s after its first event', async (delay) => {
    const breaking: CheckerKind = {
      name: 'breaking',
      make: ({ world }) => {
        let armed = false;
        return {
          saw: () => {
            if (armed) return;
            armed = true;
            world.after(seconds(delay)).subscribe(() => {
              throw new Error('the world broke');
            });
          },
        };
      },
    };
    await expect(runScenario(small(), { checkers: [breaking] })).rejects.toThrow('the world broke');
  });
});

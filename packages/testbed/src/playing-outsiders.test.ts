import { describe, expect, it } from 'vitest';
import { runScenario } from './run.ts';
import { parseScenario } from './scenario.ts';

/** Runs one group of four behind load balancer 7 of tenant 1, with this timeline; expectations lie in it. */
async function played(timeline: string, expectations = '{ convergedBy: 40m }', launch = 'loadBalancers: [{ id: 7, port: 80 }]') {
  const text = `
name: outsiders
duration: 1h
cloud: { tenants: { '1': { loadBalancers: [7, 8] } } }
groups: [{ name: web, tenant: 1, desired: 4, max: 9, launch: { ${launch} } }]
timeline: [${timeline}]
expect: ${expectations}
`;
  const lines: { kind: string; [key: string]: unknown }[] = [];
  const { violations, calls, faults } = await runScenario(parseScenario(text), { onTrace: (line) => lines.push(JSON.parse(line)) });
  return { violations, calls, faults, lines };
}

describe('playOutsider', () => {
  it('moves and edits nodes, which the group puts right again', async () => {
    const { violations, lines } = await played(
      `{ at: 15m, do: move-nodes, tenant: 1, loadBalancer: 7, to: 8, count: 2 },
       { at: 15m, do: expect, group: web, converged: false },
       { at: 25m, do: expect, group: web, converged: true },
       { at: 25m, do: edit-nodes, tenant: 1, loadBalancer: 7, count: 1, condition: DISABLED, weight: 9, type: SECONDARY },
       { at: 25m, do: expect, group: web, converged: false }`,
    );
    expect(violations).toEqual([]);
    expect(lines.filter(({ kind, by }) => kind.startsWith('node-') && by === 'outsider').map(({ kind }) => kind)).toEqual([
      'node-removed',
      'node-added',
      'node-removed',
      'node-added',
      'node-changed',
    ]);
  });

  it('puts servers into a status, for a while or for good', async () => {
    const { violations, calls } = await played(
      `{ at: 15m, do: set-server-status, group: web, count: 1, status: MIGRATING, for: 2m },
       { at: 20m, do: expect, group: web, servers: 4, converged: true },
       { at: 20m, do: set-server-status, count: 1, status: ERROR }`,
    );
    expect(violations).toEqual([]);
    expect(calls['server.create']?.done).toBe(5);
  });

  it('lets a server that builds come back to its build, and leaves one alone whose build has ended meanwhile', async () => {
    const putAside = (span: string) => played(`{ at: 1s, do: set-server-status, group: web, count: 4, status: RESCUE, for: ${span} }`);
    const shown = ({ lines }: Awaited<ReturnType<typeof putAside>>, at: number) =>
      lines.filter((line) => line.kind === 'server-changed' && line.by === 'outsider' && line.at === at).map(({ state }) => state);
    expect(shown(await putAside('20s'), 21_000)).toEqual(['BUILD', 'BUILD', 'BUILD', 'BUILD']);
    expect(shown(await putAside('10m'), 601_000)).toEqual([]);
  });

  it('makes no server ACTIVE that was never built', async () => {
    await expect(played('{ at: 1s, do: set-server-status, group: web, count: 4, status: ACTIVE }')).rejects.toThrow(
      'a server is ACTIVE once it is built',
    );
  });

  it('renames and resizes servers, which matters to nobody', async () => {
    const { violations, calls } = await played(
      `{ at: 15m, do: rename-servers, group: web, fraction: 0.5, name: mine }, { at: 16m, do: resize-servers, group: web, fraction: 0.5, flavor: compute1-4 }`,
    );
    expect(violations).toEqual([]);
    expect(calls['server.create']?.done).toBe(4);
  });

  it('gives servers other addresses', async () => {
    const { lines, violations } = await played(`{ at: 15m, do: readdress-servers, group: web, count: 1 }`);
    expect(violations).toEqual([]);
    const at = (address: string) => lines.filter((line) => line.address === address).map(({ kind }) => kind);
    expect(at('10.176.0.5')).toEqual(['server-changed', 'node-added']);
  });

  it("makes a stranger's server with the address of a dead one", async () => {
    const { lines } = await played(
      `{ at: 15m, do: kill-servers, group: web, count: 1, how: vanish }, { at: 15m, do: create-foreign-server, tenant: 1, name: stranger, sameAddress: true, nodes: [{ loadBalancer: 8, port: 90 }] }`,
      '{}',
    );
    const gone = lines.find(({ state }) => state === 'gone');
    const stranger = lines.find(
      ({ kind, state, groupId, at }) => kind === 'server-changed' && state === 'ACTIVE' && groupId === undefined && Number(at) > 900_000,
    );
    expect(stranger?.address).toBe(gone?.address);
    const nodes = lines.filter(({ kind, by }) => kind === 'node-added' && by === 'outsider');
    expect(nodes).toMatchObject([{ loadBalancerId: '8', address: gone?.address, port: 90, at: stranger?.at }]);
  });

  it('takes services away for a while, and suspends an account until it is resumed', async () => {
    const outage = await played(
      `{ at: 15m, do: kill-servers, group: web, count: 2, how: vanish }, { at: 15m, do: region-outage, services: [nova], for: 5m }`,
    );
    expect(outage.violations).toEqual([]);
    expect(outage.lines.filter(({ kind, fault }) => kind === 'faulted' && fault === 'connect.refuse').length).toBeGreaterThan(2);
    expect(outage.faults).toEqual([]);
    const suspended = await played(
      `{ at: 15m, do: suspend-tenant, tenant: 1 }, { at: 15m, do: converge, group: web },
       { at: 20m, do: expect, group: web, status: ERROR, errors: Please check if your account is still active },
       { at: 25m, do: resume-tenant, tenant: 1 }, { at: 25m, do: converge, group: web }`,
    );
    expect(suspended.violations).toEqual([]);
  });

  it('breaks off calls in flight when the provider restarts', async () => {
    const { violations, calls } = await played(
      `{ at: 15m, do: set-desired, group: web, desired: 8 }, { at: 900.25s, do: restart-provider }`,
    );
    expect(violations).toEqual([]);
    expect(Object.values(calls).reduce((sum, { lost }) => sum + lost, 0)).toBeGreaterThan(0);
  });

  it('adds fault rules and removes them, and turns clocks', async () => {
    const { violations, faults } = await played(
      `{ at: 5m, do: skew-clock, services: [nova], seconds: -60 }, { at: 6m, do: skew-clock, services: [nova], seconds: 90 },
       { at: 15m, do: add-faults, faults: [{ id: slow, do: { fault: latency, params: { by: 1s } } }] }, { at: 30m, do: remove-faults, ids: [slow] }`,
    );
    expect(violations).toEqual([]);
    expect(faults.map(({ id }) => id)).toEqual(['skew-clock nova']);
  });
});

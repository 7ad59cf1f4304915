import {
  createAutoscaler,
  createMemoryStore,
  type LoadBalancerId,
  later,
  milliseconds,
  seconds,
  seededRandom,
  silentLog,
  type TenantId,
} from '@lutra/core';
import { cloudOver, outside, paces, VirtualClock, World } from '@lutra/simulator';
import type { Finding, Part } from './harness.ts';

const groupsPerTenant = 20;
const serversPerGroup = 10;
const churnPerMinute = 0.01;
/** Only mistakes of the engine's own come as errors: a benchmark that hides them measures nothing. */
const log = { ...silentLog, error: (fields: object, message: string): void => console.error(message, fields) };

export interface Churned {
  readonly passes: number;
  /** Processor time, ms, of the churning alone: the machine is shared. */
  readonly elapsed: number;
  readonly calls: number;
  readonly replaced: number;
  readonly memory: number;
}

/** Converges `groups` groups of ten servers, then has 1 % of all servers fail per virtual minute, for `minutes`. */
export async function churn(groups: number, minutes: number): Promise<Churned> {
  const clock = new VirtualClock();
  const random = seededRandom(groups);
  const world = new World({ clock, random: random.fork('world'), pace: paces.realistic });
  const autoscaler = createAutoscaler({
    cloud: cloudOver(world),
    store: createMemoryStore(clock),
    clock,
    random: random.fork('host'),
    log,
  });
  let passes = 0;
  autoscaler.events$.subscribe(({ kind }) => {
    if (kind === 'pass-ended') passes += 1;
  });
  autoscaler.start();
  for (let n = 0; n < groups; n += 1) {
    const tenantId = `tenant-${Math.floor(n / groupsPerTenant)}` as TenantId;
    const loadBalancerId = `${1000 + n}` as LoadBalancerId;
    world.tenant(tenantId).loadBalancers.make(loadBalancerId);
    const made = autoscaler.createGroup({
      tenantId,
      groupConfiguration: { name: `g${n}`, cooldown: 0, minEntities: serversPerGroup, maxEntities: 20, metadata: {} },
      launchConfiguration: {
        type: 'launch_server',
        args: {
          loadBalancers: [{ loadBalancerId, port: 80 }],
          server: { name: 'web', imageRef: '7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8', flavorRef: 'performance1-2' },
        },
      },
      scalingPolicies: [],
    });
    if (n % 500 === 499) await clock.runUntilSettled(made);
  }
  await clock.runUntil(later(clock.now(), seconds(1200)));
  const settled = passes;
  let calls = 0;
  world.events$.subscribe(({ kind }) => {
    if (kind === 'called') calls += 1;
  });
  const tenants = world.tenants();
  const killed = groups * serversPerGroup * churnPerMinute;
  const begun = process.cpuUsage();
  let replaced = 0;
  for (let minute = 0; minute < minutes; minute += 1) {
    for (let n = 0; n < killed; n += 1) {
      await clock.runUntil(later(clock.now(), milliseconds(60_000 / killed)));
      const tenant = tenants[Math.floor(random.at('tenant', minute, n) * tenants.length)];
      const servers = tenant?.compute.servers.all() ?? [];
      const victim = servers[Math.floor(random.at('server', minute, n) * servers.length)];
      if (tenant === undefined || victim === undefined || victim.deleting || victim.status !== 'ACTIVE') continue;
      outside.killServer(tenant, victim, n % 2 === 0 ? 'error' : 'vanish');
      replaced += 1;
    }
  }
  const { user, system } = process.cpuUsage(begun);
  const elapsed = (user + system) / 1000;
  const memory = process.memoryUsage().heapUsed / 2 ** 20;
  await clock.runUntilSettled(autoscaler.stop());
  return { passes: passes - settled, elapsed, calls, replaced, memory };
}

/** Passes per second, cost per pass and calls per replaced server, while servers fail all the time. */
export const churning: Part = {
  name: 'churn',
  about: 'groups of 10 servers, 1 % of the servers failing per simulated minute: cost per pass, cloud calls per replaced server',
  run: async () => {
    const findings: Finding[] = [];
    const costs: number[] = [];
    for (const [groups, minutes] of [
      [100, 60],
      [1_000, 20],
      [10_000, 5],
    ] as const) {
      const { passes, elapsed, calls, replaced, memory } = await churn(groups, minutes);
      const cost = (elapsed / passes) * 1000;
      costs.push(cost);
      findings.push(
        { what: `${groups} groups: passes`, value: passes, unit: `in ${minutes} virtual minutes` },
        { what: `${groups} groups: passes per second`, value: passes / (elapsed / 1000), unit: '/s' },
        { what: `${groups} groups: cost per pass, cloud included`, value: cost, unit: 'us' },
        { what: `${groups} groups: cloud calls per replaced server`, value: calls / replaced, unit: 'calls' },
        { what: `${groups} groups: heap in use`, value: memory, unit: 'MiB' },
      );
    }
    const [small = Number.NaN, , large = Number.NaN] = costs;
    return [...findings, { what: 'cost per pass, 10,000 groups / 100 groups', value: large / small, unit: 'x', atMost: 1.5 }];
  },
};

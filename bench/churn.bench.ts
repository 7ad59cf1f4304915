/**
 * Groups under churn, on the in-process cloud in virtual time. What is measured is processor time, the cloud's part included. Each size
 * runs in a process of its own, so that none finds the heap of another; the smallest one, the baseline, runs before and after the others.
 * Garbage is collected by the one thread that works: several that wait for each other on two cores take more time than it is worth.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
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

const groupsPerTenant = 10;
const serversPerGroup = 10;
const churnPerMinute = 0.01;
/** Until as many replacements are under way as there will be on average. */
const warmUpMinutes = 4;
/** Only mistakes of the engine's own come as errors: a benchmark that hides them measures nothing. */
const log = { ...silentLog, error: (fields: object, message: string): void => console.error(message, fields) };

interface Churned {
  readonly passes: number;
  /** Processor time, ms, of the churning alone. */
  readonly elapsed: number;
  readonly calls: number;
  readonly replaced: number;
  /** Heap in use after a collection, MiB: the engine, its store and the cloud. */
  readonly memory: number;
}

/** Converges `groups` groups of ten servers, then has 1 % of all servers fail per virtual minute, for `minutes`. */
async function churn(groups: number, minutes: number): Promise<Churned> {
  const clock = new VirtualClock();
  const random = seededRandom(groups);
  const world = new World({ clock, random: random.fork('world'), pace: paces.realistic, quota: {} });
  const autoscaler = createAutoscaler({
    cloud: cloudOver(world),
    store: createMemoryStore(clock),
    clock,
    random: random.fork('host'),
    log,
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

  const tenants = world.tenants();
  const killed = groups * serversPerGroup * churnPerMinute;
  let replaced = 0;
  const churnMinute = async (minute: number): Promise<void> => {
    for (let n = 0; n < killed; n += 1) {
      await clock.runUntil(later(clock.now(), milliseconds(60_000 / killed)));
      const tenant = tenants[Math.floor(random.at('tenant', minute, n) * tenants.length)];
      const servers = tenant?.compute.servers.all() ?? [];
      const victim = servers[Math.floor(random.at('server', minute, n) * servers.length)];
      if (tenant === undefined || victim === undefined || victim.deleting || victim.status !== 'ACTIVE') continue;
      outside.killServer(tenant, victim, n % 2 === 0 ? 'error' : 'vanish');
      replaced += 1;
    }
  };
  for (let minute = -warmUpMinutes; minute < 0; minute += 1) await churnMinute(minute);

  let passes = 0;
  let calls = 0;
  autoscaler.events$.subscribe(({ kind }) => {
    if (kind === 'pass-ended') passes += 1;
  });
  world.events$.subscribe(({ kind }) => {
    if (kind === 'called') calls += 1;
  });
  replaced = 0;
  const begun = process.cpuUsage();
  for (let minute = 0; minute < minutes; minute += 1) await churnMinute(minute);
  const { user, system } = process.cpuUsage(begun);
  const measured = { passes, elapsed: (user + system) / 1000, calls, replaced, memory: heapInUse() };
  await clock.runUntilSettled(autoscaler.stop());
  return measured;
}

function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** `churn` in a process of its own. */
function churnApart(groups: number, minutes: number): Churned {
  const file = fileURLToPath(import.meta.url);
  const printed = execFileSync(process.execPath, [...process.execArgv, '--single-threaded-gc', file, String(groups), String(minutes)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(printed) as Churned;
}

const costOf = ({ elapsed, passes }: Churned): number => (elapsed / passes) * 1000;

/** Passes per second, cost per pass and calls per replaced server, while servers fail all the time. */
export const churning: Part = {
  name: 'churn',
  about: 'groups of 10 servers, 1 % of the servers failing per simulated minute: cost per pass, cloud calls per replaced server',
  run: () => {
    const before = churnApart(100, 180);
    const thousand = churnApart(1_000, 15);
    const tenThousand = churnApart(10_000, 4);
    const after = churnApart(100, 180);
    const baseline = (costOf(before) + costOf(after)) / 2;
    const findings = (
      [
        [100, after],
        [1_000, thousand],
        [10_000, tenThousand],
      ] as const
    ).flatMap(([groups, churned]): readonly Finding[] => [
      { what: `${groups} groups: passes per second`, value: churned.passes / (churned.elapsed / 1000), unit: '/s' },
      { what: `${groups} groups: cost per pass, cloud included`, value: costOf(churned), unit: 'us' },
      { what: `${groups} groups: cloud calls per replaced server`, value: churned.calls / churned.replaced, unit: 'calls' },
      { what: `${groups} groups: passes per replaced server`, value: churned.passes / churned.replaced, unit: 'passes' },
      { what: `${groups} groups: heap in use`, value: churned.memory, unit: 'MiB' },
    ]);
    return [
      ...findings,
      { what: 'cost per pass, 10,000 groups / 100 groups', value: costOf(tenThousand) / baseline, unit: 'x', atMost: 1.5 },
    ];
  },
};

const [, script, groups, minutes] = process.argv;
if (script === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await churn(Number(groups), Number(minutes))));

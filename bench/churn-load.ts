/**
 * Groups under churn, on the in-process cloud in virtual time, in a process of their own, so that none finds the heap of another:
 * `churn-load.ts GROUPS WATCH` says what heap it uses when they have converged, then answers each number of virtual minutes with what these
 * took. WATCH: `learning`, as it is by default; `even`: the servers are read every 10 s, whatever is waited for. The cloud tells nothing by
 * itself: what dies is found by the watch.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  type Autoscaler,
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
import { NEVER } from 'rxjs';
import { type Churned, ChurnTally } from './churn-tally.ts';

const groupsPerTenant = 10;
const serversPerGroup = 10;
const churnPerMinute = 0.01;
/** Until as many replacements are under way as there will be on average. */
const warmUpMinutes = 4;
/** Only mistakes of the engine's own come as errors: a benchmark that hides them measures nothing. */
const log = { ...silentLog, error: (fields: object, message: string): void => console.error(message, fields) };

const everyTenSeconds = { watchAtRest: seconds(10), watchCeiling: seconds(10), watchFloor: seconds(10) };

class Churn {
  readonly #clock = new VirtualClock();
  readonly #random;
  readonly #world: World;
  readonly #autoscaler: Autoscaler;
  readonly #groups: number;
  readonly #tally = new ChurnTally();
  #minute = 0;

  constructor(groups: number, isEven: boolean) {
    this.#groups = groups;
    this.#random = seededRandom(groups);
    this.#world = new World({ clock: this.#clock, random: this.#random.fork('world'), pace: paces.realistic, quota: {} });
    this.#autoscaler = createAutoscaler({
      cloud: this.#tally.counting({ ...cloudOver(this.#world), events$: () => NEVER }),
      store: this.#tally.countingCommits(createMemoryStore(this.#clock)),
      clock: this.#clock,
      random: this.#random.fork('host'),
      log,
      ...(isEven && { options: everyTenSeconds }),
    });
    this.#autoscaler.events$.subscribe((event) => this.#tally.happened(event));
    this.#world.events$.subscribe(({ kind }) => {
      if (kind === 'called') this.#tally.requested();
    });
  }

  /**
   * Converges the groups, which come a tenant a second: nobody gives a host thousands in one instant, and what is made in one lies mixed in
   * memory for as long as it lives. Then has servers fail until as many are being replaced as will be on average.
   */
  async begin(): Promise<void> {
    this.#autoscaler.start();
    for (let n = 0; n < this.#groups; n += 1) {
      const tenantId = `tenant-${Math.floor(n / groupsPerTenant)}` as TenantId;
      const loadBalancerId = `${1000 + n}` as LoadBalancerId;
      this.#world.tenant(tenantId).loadBalancers.make(loadBalancerId);
      const made = this.#autoscaler.createGroup({
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
      await this.#clock.runUntilSettled(made);
      if (n % groupsPerTenant === groupsPerTenant - 1) await this.#clock.runUntil(later(this.#clock.now(), seconds(1)));
    }
    await this.#clock.runUntil(later(this.#clock.now(), seconds(1200)));
    for (let minute = 0; minute < warmUpMinutes; minute += 1) await this.#churnMinute();
  }

  /** What `minutes` of churn take. */
  async measure(minutes: number): Promise<Churned> {
    this.#tally.take(0);
    const begun = process.cpuUsage();
    for (let minute = 0; minute < minutes; minute += 1) await this.#churnMinute();
    const { user, system } = process.cpuUsage(begun);
    return this.#tally.take((user + system) / 1000);
  }

  /** Has 1 % of all servers fail, spread over a virtual minute. */
  async #churnMinute(): Promise<void> {
    const minute = this.#minute++;
    const tenants = this.#world.tenants();
    const killed = this.#groups * serversPerGroup * churnPerMinute;
    for (let n = 0; n < killed; n += 1) {
      await this.#clock.runUntil(later(this.#clock.now(), milliseconds(60_000 / killed)));
      const tenant = tenants[Math.floor(this.#random.at('tenant', minute, n) * tenants.length)];
      const servers = tenant?.compute.servers.all() ?? [];
      const victim = servers[Math.floor(this.#random.at('server', minute, n) * servers.length)];
      if (tenant === undefined || victim === undefined || victim.deleting || victim.status !== 'ACTIVE') continue;
      outside.killServer(tenant, victim, n % 2 === 0 ? 'error' : 'vanish');
      if (victim.groupId !== undefined) this.#tally.died(victim.groupId, this.#clock.now());
    }
  }
}

/** MiB after a collection. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

const churn = new Churn(Number(process.argv[2]), process.argv[3] === 'even');
await churn.begin();
process.on('message', async (minutes: number) => process.send?.(await churn.measure(minutes)));
process.send?.({ heap: heapInUse() });

/**
 * A story of one scaling group over a virtual hour, during which the host may be lost once: before or after any call that it makes to
 * a port. Either it crashes: from then on no promise of that incarnation settles and none of its timers fires. Or it is cut off from
 * the store: only what it asks of that is never answered, while its timers and its calls to the cloud go on. Fifteen seconds later
 * another host begins on the same store and cloud. Or it freezes for forty seconds: answers and timers reach it late, and a call that it
 * was about to make goes out then. In such a run two hosts live from the start, commands go to the second, which takes over,
 * and no hint of the store reaches the other host.
 * Commands that were not acknowledged are given again, as a client would.
 *
 * Nothing is healed by the hourly look at everything: what a loss leaves undone must be found by what was written down for it.
 */
import {
  type Autoscaler,
  between,
  type Cloud,
  CloudError,
  type DurationMs,
  type EpochMs,
  type ErrorCode,
  type GroupRef,
  LutraError,
  later,
  type PolicyId,
  type ScalingGroup,
  type ServerId,
  type Store,
  seconds,
  seededRandom,
  type TenantId,
  type WriteOptions,
} from '@lutra/core';
import { cloudOver, outside, paces, VirtualClock, World } from '@lutra/simulator';
import { firstValueFrom } from 'rxjs';
import { Fence } from './crash-fence.ts';
import { type CrashPoint, Incarnation, type PortCall } from './crash-host.ts';
import { testStore } from './test-store.ts';

/** What a run came to. */
export interface CrashRunEnd {
  /** The first incarnation's port calls, in order. */
  readonly calls: readonly PortCall[];
  readonly isLost: boolean;
  /** Writes of the first incarnation that the cloud answered after it was lost. */
  readonly writtenWhenLost: number;
  readonly group: ScalingGroup | undefined;
  /** Truth at the end: servers that are ACTIVE and stay, and address:port of the load balancer's nodes. */
  readonly active: readonly { readonly id: ServerId; readonly address: string }[];
  readonly others: number;
  /** Address of the server that was let go, if it is still up, and nobody's. It keeps its place on the load balancer. */
  readonly letGo: string | undefined;
  readonly nodes: readonly string[];
  /** The most servers beyond desired capacity that a create ever led to. */
  readonly overshoot: number;
  readonly groups: number;
  /** Whether every command of the story was acknowledged. */
  readonly told: boolean;
  /** How often "one more" was asked for; it was acknowledged once. */
  readonly asked: number;
  /** Commits of passes that went through after another host had claimed the tenant. */
  readonly committedUnowned: number;
  /** Commits of passes that left writes open, and no instant at which they are looked at. */
  readonly unattended: number;
  /** Writes that were sent while the group was paused: a second after that was acknowledged, before resume was asked for. */
  readonly writtenWhilePaused: number;
}

const tenantId = '829409' as TenantId;
const loadBalancerId = 237935;

/** Plays the story with the loss of the first host, or without. `hosts`: how many there are from the start. */
export async function runWithCrash(seed: number, point?: CrashPoint, hosts: 1 | 2 = 1): Promise<CrashRunEnd> {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const world = new World({ clock, random: random.fork('world'), pace: paces.demo });
  const fence = new Fence();
  const store = fence.watched(testStore(clock));
  const story = new Story(clock, world, store, random.fork('story').next());
  const host = (name: string, at?: CrashPoint): Incarnation =>
    new Incarnation({ cloud: story.watched(cloudOver(world)), store, clock, random: random.fork(name) }, at, hosts === 1);
  const first = host('host-1', point);
  story.begin(first);
  if (hosts === 2) {
    await clock.runUntil(later(clock.now(), seconds(5))); // the first one has the tenant by then
    story.begin(host('host-2'));
  }
  const ends = later(clock.now(), seconds(3600));
  while (clock.now() < ends) {
    await clock.runUntil(later(clock.now(), seconds(5)));
    if (first.isLost && story.hosts.length === 1) {
      await clock.runUntil(later(clock.now(), seconds(15)));
      story.begin(host('host-2'));
    }
  }
  return { ...(await story.end(first)), committedUnowned: fence.broken, unattended: fence.unattended };
}

class Story {
  readonly #clock: VirtualClock;
  readonly #world: World;
  readonly #store: Store;
  readonly #lot: number;
  readonly hosts: Incarnation[] = [];
  #creates = 0;
  #slow = false;
  #ref: GroupRef | undefined;
  #overshoot = 0;
  #told = false;
  #asked = 0;
  #pausedAt: EpochMs | undefined;
  #writtenWhilePaused = 0;
  #loadBalancerWrites = 0;
  /** Servers that were asked to leave; the one of them that is only let go. */
  readonly #leaving = new Set<ServerId>();
  #letGo: ServerId | undefined;

  /** `lot`: 0 <= lot < 1, moves what is not bound to a minute. */
  constructor(clock: VirtualClock, world: World, store: Store, lot: number) {
    this.#clock = clock;
    this.#lot = lot;
    this.#world = world;
    this.#store = store;
    void this.#tell();
  }

  begin(host: Incarnation): void {
    this.hosts.push(host);
    host.autoscaler.start();
  }

  /**
   * The cloud as the host sees it: its listings do not show a server in its first 45 seconds, the answer to every third create is lost,
   * and it refuses every third write to a load balancer, which somebody else has just locked. After every create it is looked at: did it lead beyond what is desired?
   */
  watched(cloud: Cloud): Cloud {
    const look = async (): Promise<void> => {
      const group = this.#ref && (await this.#store.readGroup(this.#ref));
      if (group !== undefined && group.spec.desired > 0)
        this.#overshoot = Math.max(this.#overshoot, this.#counting().length - group.spec.desired);
    };
    const list: Cloud['listServers'] = async (...args) => {
      const listing = await cloud.listServers(...args);
      return { ...listing, servers: listing.servers.filter(({ createdAt }) => (listing.cloudNow ?? 0) - createdAt > 45_000) };
    };
    const create: Cloud['createServer'] = async (...args) => {
      this.#sends(args[2]);
      this.#creates += 1;
      const isLost = this.#creates % 3 === 0;
      const created = await cloud.createServer(...args).finally(look);
      if (this.#slow) await firstValueFrom(this.#clock.after(seconds(3)));
      if (isLost) throw new CloudError('answer-lost', 'the connection broke');
      return created;
    };
    const locked = async <T>(options: WriteOptions, write: () => Promise<T>): Promise<T> => {
      this.#sends(options);
      this.#loadBalancerWrites += 1;
      if (this.#loadBalancerWrites % 3 === 0) throw new CloudError('load-balancer-immutable', 'somebody else writes to it');
      return write();
    };
    return {
      ...cloud,
      createServer: create,
      listServers: list,
      addNodes: (...args) => locked(args[3], () => cloud.addNodes(...args)),
      changeNode: (...args) => locked(args[4], () => cloud.changeNode(...args)),
      removeNodes: (...args) => locked(args[3], () => cloud.removeNodes(...args)),
    };
  }

  /** A write is about to go out. */
  #sends({ mayStart }: WriteOptions): void {
    if (this.#pausedAt === undefined || between(this.#pausedAt, this.#clock.now()) <= 1000) return;
    if (mayStart()) this.#writtenWhilePaused += 1;
  }

  async end(first: Incarnation): Promise<Omit<CrashRunEnd, 'committedUnowned' | 'unattended'>> {
    const group = this.#ref && (await this.#store.readGroup(this.#ref));
    const balancer = this.#world
      .tenant(tenantId)
      .loadBalancers.all()
      .find(({ id }) => `${id}` === `${loadBalancerId}`);
    const active = this.#counting().filter(({ status }) => status === 'ACTIVE');
    const all = this.#world.tenant(tenantId).compute.servers.all();
    const letGo = all.find(({ id }) => id === this.#letGo);
    const isFree = letGo?.status === 'ACTIVE' && !letGo.deleting && letGo.groupId === undefined;
    return {
      calls: first.calls,
      isLost: first.isLost,
      writtenWhenLost: first.writtenWhenLost,
      group,
      active: active.map(({ id, address }) => ({ id, address })),
      others: all.length - active.length - (letGo === undefined ? 0 : 1),
      letGo: isFree ? letGo.address : undefined,
      nodes: [...(balancer?.nodes.values() ?? [])].map(({ address, port, condition }) => `${address}:${port} ${condition}`).sort(),
      overshoot: this.#overshoot,
      groups: (await this.#store.groupIdsOf(tenantId)).length,
      told: this.#told,
      asked: this.#asked,
      writtenWhilePaused: this.#writtenWhilePaused,
    };
  }

  /** Servers of the group that count towards capacity, in truth. */
  #counting() {
    return this.#world
      .tenant(tenantId)
      .compute.servers.all()
      .filter(({ id, status, deleting }) => !deleting && status !== 'ERROR' && !this.#leaving.has(id))
      .filter(({ metadata }) => metadata['rax:autoscale:server:state'] === undefined);
  }

  async #tell(): Promise<void> {
    const ref = await this.#create();
    this.#ref = ref;
    const policies = await this.#acknowledged((autoscaler) => autoscaler.listPolicies(ref, { limit: 9 }));
    const idOf = (name: string): PolicyId => {
      const policy = policies.find(({ definition }) => definition.name === name);
      if (policy === undefined) throw new Error(`there is no policy ${name}`);
      return policy.id;
    };
    const execute = (name: string) => async (): Promise<void> => {
      const policyId = idOf(name);
      const given = this.#acknowledged((autoscaler) => autoscaler.executePolicy({ ...ref, policyId }));
      // given again after a crash it may have been done already: then nothing is left to change
      await given.catch((error: unknown) => expectRefused(error, 'cannot-execute-policy'));
    };
    await this.#minute(5, async () => this.#kill('error'));
    await this.#minute(10, execute('set 5'));
    await this.#minute(13, execute('set 2'));
    await this.#minute(17, execute('set 5'));
    // paused within seconds, while servers are made one after another
    this.#slow = true;
    await this.#minute(20, execute('set 9'));
    await this.#minute(20 + (1 + this.#lot) / 60, () => this.#acknowledged((autoscaler) => autoscaler.pauseGroup(ref)));
    this.#pausedAt = this.#clock.now();
    this.#slow = false;
    await this.#minute(21, async () => this.#kill('vanish'));
    await this.#minute(23, async () => {
      this.#pausedAt = undefined;
      await this.#acknowledged((autoscaler) => autoscaler.resumeGroup(ref));
    });
    await this.#minute(25, execute('set 5'));
    // at minutes 30, 35 and 45 schedules add one each
    const configuration = { name: 'crashed', cooldown: 0, minEntities: 1, maxEntities: 12, metadata: {} };
    await this.#minute(40, () => this.#acknowledged((autoscaler) => autoscaler.updateConfiguration(ref, configuration)));
    await this.#minute(42, () => this.#remove(ref, true));
    await this.#minute(47, () => this.#remove(ref, false));
    await this.#minute(50, async () => {
      const policyId = idOf('one more');
      await this.#acknowledged((autoscaler) => {
        this.#asked += 1;
        return autoscaler.executePolicy({ ...ref, policyId });
      });
    });
    this.#told = true;
  }

  /** The oldest server that is up is to leave for another one: deleted (`purge`), or only let go. */
  async #remove(ref: GroupRef, purge: boolean): Promise<void> {
    const victim = this.#counting().find(({ status }) => status === 'ACTIVE');
    if (victim === undefined) throw new Error('there is no server to remove');
    this.#leaving.add(victim.id);
    if (!purge) this.#letGo = victim.id;
    const given = this.#acknowledged((autoscaler) => autoscaler.removeServer(ref, victim.id, { replace: true, purge }));
    // given again after a crash it may have been done already
    await given.catch((error: unknown) => expectRefused(error, 'server-not-found'));
  }

  /** A client that gets no answer looks whether its group is there before it asks again. */
  async #create(): Promise<GroupRef> {
    return this.#acknowledged(async (autoscaler) => {
      const [there] = await autoscaler.listGroups(tenantId, { limit: 9 });
      if (there !== undefined) return { tenantId, groupId: there.id };
      const { id } = await autoscaler.createGroup(
        {
          tenantId,
          groupConfiguration: { name: 'crashing', cooldown: 0, minEntities: 2, maxEntities: 10, metadata: {} },
          launchConfiguration: {
            type: 'launch_server',
            args: {
              loadBalancers: [{ loadBalancerId, port: 80 }],
              server: { name: 'web', imageRef: '7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8', flavorRef: 'performance1-2' },
              draining_timeout: 60,
            },
          },
          scalingPolicies: [
            { name: 'set 5', cooldown: 0, type: 'webhook', desiredCapacity: 5 },
            { name: 'set 2', cooldown: 0, type: 'webhook', desiredCapacity: 2 },
            { name: 'set 9', cooldown: 0, type: 'webhook', desiredCapacity: 9 },
            { name: 'one more', cooldown: 0, type: 'webhook', change: 1 },
            { name: 'half past', cooldown: 0, type: 'schedule', args: { at: '2026-01-01T00:30:00Z' }, change: 1 },
            { name: 'twice', cooldown: 0, type: 'schedule', args: { cron: '35,45 * * * *' }, change: 1 },
          ],
        },
        { idempotencyKey: 'the-group', fingerprint: 'the-group' },
      );
      return { tenantId, groupId: id };
    });
  }

  /** Gives a command to the youngest host that lives, which may not run the tenant, until one acknowledges it. */
  async #acknowledged<T>(command: (autoscaler: Autoscaler) => Promise<T>): Promise<T> {
    for (;;) {
      const up = this.hosts.filter(({ isUp }) => isUp);
      const host = up.at(-1);
      if (host !== undefined) {
        const unanswered = Symbol('unanswered');
        const patience = firstValueFrom(this.#clock.after(seconds(20))).then(() => unanswered);
        const asked = command(host.autoscaler).catch((error: unknown) => {
          if (error instanceof LutraError && error.code === 'unavailable') return unanswered; // it may be done all the same
          throw error;
        });
        const answer = await Promise.race([asked, patience]);
        if (answer !== unanswered) return answer as T;
      } else await firstValueFrom(this.#clock.after(seconds(1)));
    }
  }

  async #minute(minute: number, act: () => Promise<unknown>): Promise<void> {
    const wait = (minute * 60_000 - (this.#clock.now() - 1_767_225_600_000)) as DurationMs;
    if (wait > 0) await firstValueFrom(this.#clock.after(wait));
    await act();
  }

  /** Something happens to the oldest server that is up. */
  #kill(how: 'error' | 'vanish'): void {
    const victim = this.#counting().find(({ status }) => status === 'ACTIVE');
    if (victim !== undefined) outside.killServer(this.#world.tenant(tenantId), victim, how);
  }
}

function expectRefused(error: unknown, code: ErrorCode): void {
  if (!(error instanceof LutraError) || error.code !== code) throw error;
}

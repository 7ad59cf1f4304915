/**
 * A story of one scaling group over a virtual hour, during which the host may be lost once: before or after any call that it makes to
 * a port. Either it crashes: from then on no promise of that incarnation settles and none of its timers fires. Or it is cut off from
 * the store: only what it asks of that is never answered, while its timers and its calls to the cloud go on. Fifteen seconds later
 * another host begins on the same store and cloud. Commands that were not acknowledged are given again, as a client would.
 */
import {
  type Autoscaler,
  type Clock,
  type Cloud,
  CloudError,
  createAutoscaler,
  type DurationMs,
  type ErrorCode,
  type GroupRef,
  LutraError,
  later,
  type PolicyId,
  type Random,
  type ScalingGroup,
  type ServerId,
  type Store,
  seconds,
  seededRandom,
  type TenantId,
} from '@lutra/core';
import { cloudOver, outside, paces, VirtualClock, World } from '@lutra/simulator';
import { filter, firstValueFrom, merge, NEVER, type Observable, take } from 'rxjs';
import { testStore } from './test-store.ts';

/** Where the host is lost: around which of its port calls, counted from 1. Cut off from the store, its call to the cloud goes on. */
export interface CrashPoint {
  readonly call: number;
  readonly when: 'before' | 'after';
  readonly how: 'crash' | 'cut off';
}
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
  /** Servers that were asked for while the group was paused: after that was acknowledged, before resume was asked for. */
  readonly madeWhilePaused: number;
}

/** A call to a port. */
export interface PortCall {
  readonly port: 'cloud' | 'store';
  readonly name: string;
}

/** Whether it changes something in the cloud. */
export const isWrite = ({ port, name }: PortCall): boolean => port === 'cloud' && !/^(get|list|find|has)/.test(name);

const tenantId = '829409' as TenantId;
const loadBalancerId = 237935;

/** One life of the host: what it does with ports counts, and stops when it is lost. */
class Incarnation {
  readonly autoscaler: Autoscaler;
  readonly #point: CrashPoint | undefined;
  readonly calls: PortCall[] = [];
  isLost = false;
  writtenWhenLost = 0;

  constructor(ports: { cloud: Cloud; store: Store; clock: Clock; random: Random }, point: CrashPoint | undefined) {
    this.#point = point;
    const { clock } = ports;
    this.autoscaler = createAutoscaler({
      cloud: this.#guarded('cloud', ports.cloud),
      store: this.#guarded('store', ports.store),
      // what a dead host waits for never comes
      clock: {
        now: () => clock.now(),
        after: (delay) =>
          merge(clock.after(delay), NEVER).pipe(
            filter(() => !this.#isDead),
            take(1),
          ),
      },
      random: ports.random,
    });
  }

  get #isDead(): boolean {
    return this.isLost && this.#point?.how === 'crash';
  }

  /** Whether what it asks of this port is never answered. */
  #isCutOff(port: PortCall['port']): boolean {
    return this.isLost && (port === 'store' || this.#isDead);
  }

  /** The port, every promise and stream of it through this life. */
  #guarded<P extends object>(port: PortCall['port'], target: P): P {
    const alive = <T>(stream: Observable<T>): Observable<T> => stream.pipe(filter(() => !this.#isCutOff(port)));
    return new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (name === 'woken$') return alive(value as Observable<unknown>);
        if (typeof value !== 'function') return value;
        const call = value as (...args: readonly unknown[]) => unknown;
        if (name === 'events$') return (...args: readonly unknown[]) => alive(call.apply(target, [...args]) as Observable<unknown>);
        return (...args: readonly unknown[]) =>
          this.#call({ port, name: String(name) }, () => call.apply(target, [...args]) as Promise<unknown>);
      },
    });
  }

  #call(made: PortCall, call: () => Promise<unknown>): Promise<unknown> {
    const never = new Promise<never>(() => undefined);
    if (this.#isCutOff(made.port)) return never;
    const here = this.#point?.call === this.calls.push(made);
    if (here && this.#point?.when === 'before') this.isLost = true;
    if (this.#isCutOff(made.port)) return never;
    const settle = (): boolean => {
      if (this.isLost && isWrite(made)) this.writtenWhenLost += 1;
      if (here) this.isLost = true;
      return !this.#isCutOff(made.port);
    };
    return new Promise((resolve, reject) => {
      call().then(
        (value) => settle() && resolve(value),
        (error: unknown) => settle() && reject(error),
      );
    });
  }
}

/** Plays the story with the loss of a host, or without. */
export async function runWithCrash(seed: number, point?: CrashPoint): Promise<CrashRunEnd> {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const world = new World({ clock, random: random.fork('world'), pace: paces.demo });
  const store = testStore(clock);
  const story = new Story(clock, world, store);
  const first = new Incarnation({ cloud: story.watched(cloudOver(world)), store, clock, random: random.fork('host-1') }, point);
  story.begin(first);
  const ends = later(clock.now(), seconds(3600));
  while (clock.now() < ends) {
    await clock.runUntil(later(clock.now(), seconds(5)));
    if (first.isLost && story.host === first) {
      await clock.runUntil(later(clock.now(), seconds(15)));
      story.begin(new Incarnation({ cloud: story.watched(cloudOver(world)), store, clock, random: random.fork('host-2') }, undefined));
    }
  }
  return story.end(first);
}

class Story {
  readonly #clock: VirtualClock;
  readonly #world: World;
  readonly #store: Store;
  host: Incarnation | undefined;
  #ref: GroupRef | undefined;
  #overshoot = 0;
  #told = false;
  #asked = 0;
  #paused = false;
  #madeWhilePaused = 0;
  #loadBalancerWrites = 0;
  /** Servers that were asked to leave; the one of them that is only let go. */
  readonly #leaving = new Set<ServerId>();
  #letGo: ServerId | undefined;

  constructor(clock: VirtualClock, world: World, store: Store) {
    this.#clock = clock;
    this.#world = world;
    this.#store = store;
    void this.#tell();
  }

  begin(host: Incarnation): void {
    this.host = host;
    host.autoscaler.start();
  }

  /**
   * The cloud as the host sees it: its listings do not show a server in its first 45 seconds, and it refuses every third write to a
   * load balancer, which somebody else has just locked. After every create it is looked at: did it lead beyond what is desired?
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
    const create: Cloud['createServer'] = (...args) => {
      if (this.#paused) this.#madeWhilePaused += 1;
      return cloud.createServer(...args).finally(look);
    };
    const locked = async <T>(write: () => Promise<T>): Promise<T> => {
      this.#loadBalancerWrites += 1;
      if (this.#loadBalancerWrites % 3 === 0) throw new CloudError('load-balancer-immutable', 'somebody else writes to it');
      return write();
    };
    return {
      ...cloud,
      createServer: create,
      listServers: list,
      addNodes: (...args) => locked(() => cloud.addNodes(...args)),
      changeNode: (...args) => locked(() => cloud.changeNode(...args)),
      removeNodes: (...args) => locked(() => cloud.removeNodes(...args)),
    };
  }

  async end(first: Incarnation): Promise<CrashRunEnd> {
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
      madeWhilePaused: this.#madeWhilePaused,
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
    await this.#minute(20, () => this.#acknowledged((autoscaler) => autoscaler.pauseGroup(ref)));
    this.#paused = true;
    await this.#minute(21, async () => this.#kill('vanish'));
    await this.#minute(25, async () => {
      this.#paused = false;
      await this.#acknowledged((autoscaler) => autoscaler.resumeGroup(ref));
    });
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
      const { id } = await autoscaler.createGroup({
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
          { name: 'one more', cooldown: 0, type: 'webhook', change: 1 },
          { name: 'half past', cooldown: 0, type: 'schedule', args: { at: '2026-01-01T00:30:00Z' }, change: 1 },
          { name: 'twice', cooldown: 0, type: 'schedule', args: { cron: '35,45 * * * *' }, change: 1 },
        ],
      });
      return { tenantId, groupId: id };
    });
  }

  /** Gives a command to whichever host lives until one acknowledges it. */
  async #acknowledged<T>(command: (autoscaler: Autoscaler) => Promise<T>): Promise<T> {
    for (;;) {
      const host = this.host;
      if (host !== undefined && !host.isLost) {
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

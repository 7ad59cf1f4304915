/** Several hosts on one store and one simulated cloud, each with a clock of its own, and a witness of who writes what. */
import {
  type Autoscaler,
  type Cloud,
  createAutoscaler,
  createMemoryStore,
  type GivenOptions,
  type GroupRef,
  type LoadBalancerId,
  type Log,
  later,
  type Ownership,
  type Store,
  seconds,
  seededRandom,
  silentLog,
  type TenantId,
} from '@lutra/core';
import { copyingStore } from '@lutra/core/testing';
import { cloudOver, paces, VirtualClock, World } from '@lutra/simulator';
import { besides, newGroup } from './engine-stage.ts';
import { HostClock } from './host-clock.ts';
import { chosenStore } from './test-store.ts';

/** What differs from the ordinary for one host. */
export interface HostStaging {
  readonly options?: GivenOptions;
  readonly cloud?: (cloud: Cloud) => Partial<Cloud>;
  readonly store?: (store: Store) => Partial<Store>;
  /** A host that is not started answers commands and runs nothing. */
  readonly isStarted?: boolean;
  /** Seconds by which its clock is ahead. */
  readonly ahead?: number;
}

/** One host: what it runs on, and how it ends. */
export interface StagedHost {
  readonly name: string;
  readonly autoscaler: Autoscaler;
  readonly clock: HostClock;
  /** What it logged as a warning or an error. */
  readonly said: string[];
}

/** A write to the cloud, or a commit under an ownership, as the witness saw it. */
interface Deed {
  readonly host: string;
  readonly tenantId: TenantId;
  readonly what: string;
  readonly at: number;
}

export class HostsStage {
  readonly time = new VirtualClock();
  readonly world: World;
  readonly store: Store;
  readonly writes: Deed[] = [];
  readonly commits: Deed[] = [];
  /** Writes and commits of hosts that did not own the tenant just then. There must be none. */
  readonly wrongs: string[] = [];
  /** How often tenants were claimed. */
  claims = 0;
  readonly #random = seededRandom(11);
  readonly #owners = new Map<TenantId, Ownership>();

  constructor() {
    this.world = new World({ clock: this.time, random: this.#random.fork('world'), pace: paces.demo });
    const witnessed = this.#witnessed(createMemoryStore(this.time));
    this.store = chosenStore === 'copying' ? copyingStore(witnessed) : witnessed;
  }

  /** Makes a host, and starts it. */
  host(
    name: string,
    { options = {}, cloud: around = () => ({}), store: aroundStore = () => ({}), ahead = 0, isStarted = true }: HostStaging = {},
  ): StagedHost {
    const clock = new HostClock(this.time);
    clock.ahead = seconds(ahead);
    const said: string[] = [];
    const note = (_: object, message: string): void => void said.push(message);
    const log: Log = { ...silentLog, warn: note, error: note };
    const inner = this.#watched(name, cloudOver(this.world));
    const autoscaler = createAutoscaler({
      cloud: clock.through(besides(inner, around(inner))),
      store: clock.through(besides(this.store, aroundStore(this.store))),
      clock,
      random: this.#random.fork(`host ${name}`),
      host: name,
      log,
      options,
    });
    if (isStarted) autoscaler.start();
    return { name, autoscaler, clock, said };
  }

  async run(forSeconds: number): Promise<void> {
    await this.time.runUntil(later(this.time.now(), seconds(forSeconds)));
  }

  /** Creates a group of so many servers for each of so many tenants, through one host. */
  async create(host: StagedHost, tenants: number, size = 1): Promise<readonly GroupRef[]> {
    const refs: GroupRef[] = [];
    for (let n = 0; n < tenants; n += 1) {
      const tenantId = `tenant-${n}` as TenantId;
      this.world.tenant(tenantId).loadBalancers.make('237935' as LoadBalancerId); // where its servers are to be
      const { id } = await this.time.runUntilSettled(host.autoscaler.createGroup({ ...newGroup(size), tenantId }));
      refs.push({ tenantId, groupId: id });
    }
    return refs;
  }

  /** How many tenants each host owns, by name; those without are left out. */
  async owned(): Promise<Readonly<Record<string, number>>> {
    const counts: Record<string, number> = {};
    for (const member of await this.store.members()) {
      const { length } = await this.store.ownedBy(member);
      if (length > 0) counts[member.host] = length;
    }
    return counts;
  }

  ownerOf(tenantId: TenantId): string | undefined {
    return this.#owners.get(tenantId)?.owner.host;
  }

  /** Servers of the tenant that are up. */
  activeOf(tenantId: TenantId): number {
    return this.#serversOf(tenantId).filter(({ status, deleting }) => status === 'ACTIVE' && !deleting).length;
  }

  #serversOf(tenantId: TenantId) {
    return this.world.tenant(tenantId).compute.servers.all();
  }

  /** The cloud as one host calls it: each write is noted as it is sent. */
  #watched(host: string, cloud: Cloud): Cloud {
    return new Proxy(cloud, {
      get: (_, name) => {
        const member: unknown = Reflect.get(cloud, name);
        if (typeof member !== 'function' || /^(get|list|find|has|events)/.test(String(name))) return member;
        return (tenantId: TenantId, ...rest: readonly unknown[]) => {
          this.writes.push(this.#deed(host, tenantId, String(name)));
          return Reflect.apply(member, cloud, [tenantId, ...rest]);
        };
      },
    });
  }

  #deed(host: string, tenantId: TenantId, what: string): Deed {
    if (this.ownerOf(tenantId) !== host)
      this.wrongs.push(`${what} for ${tenantId} by ${host}, though ${this.ownerOf(tenantId) ?? 'nobody'} owns it`);
    return { host, tenantId, what, at: this.time.now() };
  }

  /** The store itself, which is asked in the order of its commits: who owns what, and who commits. */
  #witnessed(store: Store): Store {
    const over: Partial<Store> = {
      claim: async (...asked) => {
        const granted = await store.claim(...asked);
        if (granted !== undefined) {
          this.claims += 1;
          this.#owners.set(granted.tenantId, granted);
        }
        return granted;
      },
      release: (ownership) => {
        if (this.#owners.get(ownership.tenantId)?.epoch === ownership.epoch) this.#owners.delete(ownership.tenantId);
        return store.release(ownership);
      },
      leave: (member) => {
        for (const [tenantId, { owner }] of this.#owners) if (owner.incarnation === member.incarnation) this.#owners.delete(tenantId);
        return store.leave(member);
      },
      transact: async (ref, decide, ownership, once) => {
        const answer = await store.transact(ref, decide, ownership, once);
        if (ownership !== undefined) {
          this.commits.push(this.#deed(ownership.owner.host, ref.tenantId, 'commit'));
          if (this.#owners.get(ref.tenantId)?.epoch !== ownership.epoch) this.wrongs.push(`commit for ${ref.tenantId} under an old epoch`);
        }
        return answer;
      },
    };
    return besides(store, over);
  }
}

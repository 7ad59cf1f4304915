/** A host on the simulated cloud, in virtual time, for tests of what an operator would see. */
import {
  type Autoscaler,
  type AutoscalerPorts,
  type Cloud,
  CloudError,
  createAutoscaler,
  type GivenOptions,
  type GroupEvent,
  type GroupRef,
  LutraError,
  later,
  type NewGroup,
  type ProviderEvent,
  type Store,
  seconds,
  seededRandom,
  type TenantId,
} from '@lutra/core';
import { cloudOver, outside, type Pace, paces, VirtualClock, World } from '@lutra/simulator';
import { firstValueFrom, merge, Subject } from 'rxjs';
import { expect } from 'vitest';
import { testStore } from './test-store.ts';

export const tenantId = '829409' as TenantId;
export const newGroup = (minEntities: number, changes: Partial<NewGroup['groupConfiguration']> = {}): NewGroup => ({
  tenantId,
  groupConfiguration: { name: 'web', cooldown: 0, minEntities, maxEntities: 20, metadata: {}, ...changes },
  launchConfiguration: {
    type: 'launch_server',
    args: {
      loadBalancers: [{ loadBalancerId: 237935, port: 80 }],
      server: { name: 'web', imageRef: '7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8', flavorRef: 'performance1-2' },
    },
  },
  scalingPolicies: [
    { name: 'up', cooldown: 0, type: 'webhook', change: 1 },
    { name: 'down', cooldown: 0, type: 'webhook', change: -1 },
  ],
});

/** A port whose methods are its own, but for those that `over` has. */
export const besides = <P extends object>(port: P, over: Partial<P>): P =>
  new Proxy(port, {
    get: (target, name) => {
      const value = Reflect.get(over, name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

/** A store in which a host has one life, of so many heartbeats after the first: it can neither go on after that nor begin another. */
export function oneLife(renewals: number): NonNullable<Staging['store']> {
  let joins = 0;
  let renewed = 0;
  return (store) => ({
    join: (...member) => {
      joins += 1;
      return joins === 1 ? store.join(...member) : away();
    },
    renew: (...beat) => {
      renewed += 1;
      return renewed <= renewals ? store.renew(...beat) : away();
    },
  });
}

export const away = (): Promise<never> => Promise.reject(new LutraError('unavailable', 'store away'));

/** A cloud that takes so long to create a server, and when it was asked to. */
export function slowCreates(took: number): { readonly asked: number[]; readonly cloud: NonNullable<Staging['cloud']> } {
  const asked: number[] = [];
  return {
    asked,
    cloud: (cloud, { clock }) => ({
      createServer: async (tenantId, request, options) => {
        if (!options.mayStart()) throw new CloudError('not-started', 'the create may not start');
        asked.push(clock.now());
        await firstValueFrom(clock.after(seconds(took)));
        return cloud.createServer(tenantId, request, { ...options, mayStart: () => true });
      },
    }),
  };
}

/** What differs from the ordinary: methods of the cloud and the store in place of theirs. */
export interface Staging extends Pick<AutoscalerPorts, 'log' | 'metrics' | 'limitsOf' | 'random'> {
  readonly options?: GivenOptions;
  readonly cloud?: (cloud: Cloud, stage: Stage) => Partial<Cloud>;
  readonly pace?: Pace;
  readonly store?: (store: Store) => Partial<Store>;
}

/** One host over one simulated cloud, in virtual time. */
export class Stage {
  readonly clock = new VirtualClock();
  readonly world: World;
  readonly autoscaler: Autoscaler;
  readonly events: GroupEvent[] = [];
  /** Provider events beside those of the simulated cloud. */
  readonly hints = new Subject<ProviderEvent>();

  readonly store: Store;

  constructor({
    options = {},
    cloud: aroundCloud = () => ({}),
    pace = paces.demo,
    store: aroundStore = () => ({}),
    ...ports
  }: Staging = {}) {
    const random = seededRandom(7);
    const memory = testStore(this.clock);
    this.store = besides(memory, aroundStore(memory));
    this.world = new World({ clock: this.clock, random: random.fork('world'), pace });
    const inner = cloudOver(this.world);
    const cloud: Cloud = { ...inner, events$: (id) => merge(inner.events$(id), this.hints), ...aroundCloud(inner, this) };
    this.autoscaler = createAutoscaler({ cloud, store: this.store, clock: this.clock, random: random.fork('host'), options, ...ports });
    this.autoscaler.events$.subscribe((event) => this.events.push(event));
    this.autoscaler.start();
  }

  async run(forSeconds: number): Promise<void> {
    await this.clock.runUntil(later(this.clock.now(), seconds(forSeconds)));
  }

  /** A converged group. */
  async converged(size: number, changes: Partial<NewGroup['groupConfiguration']> = {}): Promise<GroupRef> {
    const { id } = await this.clock.runUntilSettled(this.autoscaler.createGroup(newGroup(size, changes)));
    const ref = { tenantId, groupId: id };
    await this.run(60);
    expect(await this.autoscaler.groupState(ref)).toMatchObject({ activeCapacity: size, status: 'ACTIVE' });
    return ref;
  }

  get servers(): ReturnType<ReturnType<World['tenant']>['compute']['servers']['all']> {
    return this.world.tenant(tenantId).compute.servers.all();
  }

  kill(count: number, how: 'error' | 'vanish'): void {
    const tenant = this.world.tenant(tenantId);
    for (const server of this.servers.filter(({ status, deleting }) => status === 'ACTIVE' && !deleting).slice(0, count)) {
      outside.killServer(tenant, server, how);
    }
  }

  become(server: Stage['servers'][number], status: string): void {
    this.world.tenant(tenantId).compute.setStatus(server, status, 'outsider');
  }

  passes(since = 0): number {
    return this.events.filter(({ kind, at }) => kind === 'pass-ended' && at >= since).length;
  }

  async execute(ref: GroupRef, name: string): Promise<void> {
    const policy = (await this.autoscaler.listPolicies(ref, { limit: 9 })).find(({ definition }) => definition.name === name);
    if (policy === undefined) throw new Error(`there is no policy ${name}`);
    await this.autoscaler.executePolicy({ ...ref, policyId: policy.id });
  }
}

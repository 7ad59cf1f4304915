/** A simulated cloud on a virtual clock, for tests of this package. Not part of its public API. */
import {
  type DurationMs,
  type GroupId,
  type JsonObject,
  type LoadBalancerId,
  later,
  milliseconds,
  type NodeRequest,
  type ServerId,
  seconds,
  seededRandom,
  type TenantId,
  type WriteOptions,
} from '@lutra/core';
import { type FaultRule, faultRuleSchema } from '../faults/fault-rule.ts';
import { cloudOver, type SimulatedCloud } from '../simulated-cloud.ts';
import { VirtualClock } from '../virtual-clock.ts';
import type { Pace } from '../world/pace.ts';
import { World } from '../world/world.ts';

export const tenantId = '829409' as TenantId;
export const loadBalancerId = '237935' as LoadBalancerId;
export const groupId = 'a9c1d9c2-0000-4000-8000-000000000001' as GroupId;
/** Never aborted, and free to write. */
export const patient: WriteOptions = { signal: new AbortController().signal, mayStart: () => true };

const fixed = (duration: DurationMs) => ({ kind: 'fixed', duration }) as const;
/** Latency 10 ms (5 there, 5 back), build 10 s, delete 5 s, lock 2 s. */
export const evenPace: Pace = {
  latency: fixed(milliseconds(10)),
  build: fixed(seconds(10)),
  delete: fixed(seconds(5)),
  lock: fixed(seconds(2)),
};

export interface SmallCloud {
  readonly clock: VirtualClock;
  readonly world: World;
  readonly cloud: SimulatedCloud;
  /** Runs the clock until the call settles. */
  readonly settle: <T>(call: Promise<T>) => Promise<T>;
  /** Lets time pass. */
  readonly pass: (span: DurationMs) => Promise<void>;
}

export function smallCloud({
  seed = 1,
  faults = [],
  pace = evenPace,
}: {
  seed?: number;
  faults?: readonly object[];
  pace?: Pace;
} = {}): SmallCloud {
  const clock = new VirtualClock();
  const rules = faults.map((rule): FaultRule => faultRuleSchema.parse(rule));
  const world = new World({ clock, random: seededRandom(seed), pace, faults: rules });
  return {
    clock,
    world,
    cloud: cloudOver(world, clock),
    settle: (call) => clock.runUntilSettled(call),
    pass: (span) => clock.runUntil(later(clock.now(), span)),
  };
}

/** A server that Nova accepts; of the group, on the load balancer. */
export const serverRequest = (name = 'web-1', more: JsonObject = {}): { server: JsonObject } => ({
  server: {
    name,
    imageRef: '7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8',
    flavorRef: 'performance1-1',
    metadata: { 'rax:autoscale:group:id': groupId, [`rax:autoscale:lb:CloudLoadBalancer:${loadBalancerId}`]: '[{"port": 80}]' },
    ...more,
  },
});

export const nodeRequest = (address: string, port = 80): NodeRequest => ({
  address,
  port,
  weight: 1,
  condition: 'ENABLED',
  type: 'PRIMARY',
});

/** Creates servers of the group and lets them become ACTIVE. */
export async function activeServers({ cloud, settle, pass }: SmallCloud, count: number): Promise<readonly ServerId[]> {
  const created = await settle(
    Promise.all(Array.from({ length: count }, (_, n) => cloud.createServer(tenantId, serverRequest(`web-${n}`), patient))),
  );
  await pass(seconds(11));
  return created.map(({ id }) => id);
}

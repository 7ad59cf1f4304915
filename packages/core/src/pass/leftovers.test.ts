import { describe, expect, it } from 'vitest';
import type { LoadBalancerId, NodeId, ServerId } from '../model/identifiers.ts';
import type { Node } from '../model/load-balancer.ts';
import type { Intent, KnownServer } from '../model/scaling-group.ts';
import { epochMs, seconds } from '../model/time.ts';
import { mayBeOthers } from './leftovers.ts';

const id = 's1' as ServerId;
const own = '8' as LoadBalancerId;
const known = { id, loadBalancers: [own] } as unknown as KnownServer;
const nodeOn = (loadBalancerId: string): Node => ({ id: '6' as NodeId, loadBalancerId }) as Node;
const deletion: Intent = { kind: 'delete', serverId: id, plannedAt: epochMs(1_000), tries: 1, againAt: epochMs(61_000) };
const options = { createVisibility: seconds(180) };

describe('mayBeOthers', () => {
  const ask = (loadBalancerId: string, intents: Readonly<Record<string, Intent>>, at: number): boolean =>
    mayBeOthers(known, nodeOn(loadBalancerId), { intents }, epochMs(at), options);

  it('takes a node elsewhere for one that another server may have been given the address for, while a listing may not show that', () => {
    expect(ask('7', { [`delete:${id}`]: deletion }, 180_999)).toBe(true);
    expect(ask('7', { [`delete:${id}`]: deletion }, 181_000)).toBe(false);
  });

  it('takes a node where the server was to be for its own, and so one of a server that we did not delete', () => {
    expect(ask('8', { [`delete:${id}`]: deletion }, 2_000)).toBe(false);
    expect(ask('7', {}, 2_000)).toBe(false);
  });
});

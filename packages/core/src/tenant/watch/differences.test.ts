import { describe, expect, it } from 'vitest';
import type { GroupId, ServerId } from '../../model/identifiers.ts';
import type { Node } from '../../model/load-balancer.ts';
import type { Server } from '../../model/server.ts';
import { epochMs } from '../../model/time.ts';
import { type Awaited, type Expectation, type ExpectedServer, nodesText } from '../../pass/expecting.ts';
import { indexLoadBalancers, indexServers } from '../../pass/listing.ts';
import { aBalancer, aNode, aServer, balancer } from '../../testing/parts.ts';
import { differences } from './differences.ts';

const group = 'group' as GroupId;
const nothing: Awaited = { builds: new Map(), servers: false, loadBalancers: new Map(), pools: false };
const addresses = new Map([['10.0.0.1', false]]);
const ids = new Set([balancer]);

function expecting(presence: ExpectedServer['presence'], awaited: Partial<Awaited> = {}, changes: Partial<Server> = {}): Expectation {
  const index = indexLoadBalancers([aBalancer([aNode(1)])]);
  return {
    servers: new Map([['s1' as ServerId, { ...aServer(1, changes), presence }]]),
    addresses,
    nodes: new Map([[balancer, nodesText(balancer, index.nodesByAddress, index, addresses)]]),
    members: undefined,
    awaited: { ...nothing, ...awaited },
  };
}
const kinds = (expected: Expectation, servers: readonly Server[], some?: ReadonlySet<ServerId>) =>
  differences(group, expected, {
    of: 'servers',
    servers: indexServers({ servers }),
    ...(some && { some }),
  }).map(({ kind }) => kind);
const ofNodes = (expected: Expectation, nodes: readonly Node[], status = 'ACTIVE') =>
  differences(group, expected, {
    of: 'load-balancers',
    ids,
    loadBalancers: indexLoadBalancers([{ ...aBalancer(nodes), status }]),
  }).map(({ kind }) => kind);

describe('differences', () => {
  it('are none where the servers are as expected, whatever else is listed', () => {
    expect(kinds(expecting('there'), [aServer(1), aServer(2, { groupId: undefined })])).toEqual([]);
  });

  it('tell what a server has become', () => {
    expect(kinds(expecting('there', {}, { state: 'BUILD' }), [aServer(1)])).toEqual(['server-active']);
    expect(kinds(expecting('there'), [aServer(1, { state: 'ERROR' })])).toEqual(['server-failed']);
    expect(kinds(expecting('there'), [aServer(1, { state: 'REBOOT' })])).toEqual(['server-changed']);
    expect(kinds(expecting('there'), [aServer(1, { servicenetAddress: '10.0.0.9' })])).toEqual(['server-changed']);
    expect(kinds(expecting('there'), [aServer(1), aServer(2)])).toEqual(['server-appeared']);
    expect(kinds(expecting('missing'), [aServer(1)])).toEqual(['server-appeared']);
    expect(kinds(expecting('there'), [])).toEqual(['server-gone']);
  });

  it('are none of own writes: a server that was asked for does not show yet, one that was deleted is in any state', () => {
    expect(kinds(expecting('coming'), [])).toEqual([]);
    expect(kinds(expecting('going'), [aServer(1, { state: 'DELETED' })])).toEqual([]);
    expect(kinds(expecting('either'), [])).toEqual([]);
  });

  it('tell that a server that was deleted has gone, but together with one that is about to come', () => {
    expect(kinds(expecting('going'), [])).toEqual(['server-gone']);
    const builds = new Map([['s2' as ServerId, { since: epochMs(0), flavor: 'f' }]]);
    expect(kinds(expecting('going', { builds }), [])).toEqual([]);
  });

  it('do not take a server for gone that was not asked for', () => {
    expect(kinds(expecting('there'), [], new Set(['s2' as ServerId]))).toEqual([]);
  });

  it('tell of nodes at the addresses of the group, and of no others', () => {
    expect(ofNodes(expecting('there'), [aNode(1), aNode(7)])).toEqual([]);
    expect(ofNodes(expecting('there'), [aNode(7)])).toEqual(['nodes-changed']);
    expect(ofNodes(expecting('there'), [aNode(1, { condition: 'DRAINING' })])).toEqual(['nodes-changed']);
  });

  it('tell that a load balancer takes writes again, where that is waited for', () => {
    const waiting = expecting('there', { loadBalancers: new Map([[balancer, 'unlock']]) });
    expect(ofNodes(waiting, [aNode(1)], 'PENDING_UPDATE')).toEqual([]);
    expect(ofNodes(waiting, [aNode(1)])).toEqual(['nodes-changed']);
  });

  it('are none of a load balancer that could not be read', () => {
    const loadBalancers = { ...indexLoadBalancers([]), unread: new Map([[balancer, { reason: '500', missing: false }]]) };
    expect(differences(group, expecting('there'), { of: 'load-balancers', ids, loadBalancers })).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import type { GroupId, LoadBalancerId, NodeId, ServerId } from '../model/identifiers.ts';
import type { Node } from '../model/load-balancer.ts';
import { type NodeRecord, nodeRecordKey, nodeRecordsOf, placeKey } from '../model/node-record.ts';
import type { KnownServer } from '../model/scaling-group.ts';
import type { Server } from '../model/server.ts';
import { epochMs } from '../model/time.ts';
import { defaultOptions as options } from '../options.ts';
import { aGroup, aKnown, aListing, aNode, aRecord, aServer, balancer } from '../testing/parts.ts';
import { findLeftovers, type Holder, planLeftovers } from './leftovers.ts';
import type { Listing } from './listing.ts';

const { createVisibility } = options;
const group = aGroup([]);

interface Looked {
  readonly servers?: readonly Server[];
  readonly known?: readonly KnownServer[];
  readonly ended?: readonly string[];
  readonly listed?: readonly Server[];
  readonly nodes?: readonly Node[];
  readonly listing?: Partial<Listing>;
  readonly holders?: Readonly<Record<string, Holder>>;
  readonly stuck?: readonly string[];
  /** Records of other groups. */
  readonly others?: readonly NodeRecord[];
}
/** What a look at these records comes to: the records after it, and the steps in short. */
function look(records: readonly NodeRecord[], looked: Looked) {
  const { servers = [], known = [], ended = [], listed = servers, nodes = [], holders = {}, stuck = [], others = [] } = looked;
  const listing = aListing(listed, { nodes, ...looked.listing });
  const view = {
    servers,
    known: Object.fromEntries([...servers.map(({ id }) => aKnown(Number(id.slice(1)))), ...known].map((one) => [one.id, one])),
    ended: new Set(ended as ServerId[]),
  };
  const recordsAt = (place: NodeRecord) => others.filter((other) => placeKey(other) === placeKey(place));
  const found = findLeftovers(group, view, { records: nodeRecordsOf(records), recordsAt }, listing, options);
  const asked = new Map(Object.entries(holders));
  const planned = planLeftovers(group, found, asked, listing, new Set(stuck as LoadBalancerId[]), options);
  const steps = planned.leftovers.map((step) => (step.kind === 'remove-nodes' ? `remove ${step.nodeIds}` : step.kind));
  return { found, steps, planned: planned.leftovers, records: Object.values(planned.records) };
}
const nodes = [aNode(1)];

describe('records of nodes', () => {
  it('are made of nodes that are where servers of the group are to be, whoever added them', () => {
    const { records, steps } = look([], {
      servers: [aServer(1)],
      nodes: [...nodes, aNode(1, { id: 'x' as NodeId, port: 81 })],
      listing: { begunAt: epochMs(7) },
    });
    expect([records, steps]).toEqual([[aRecord(1, { at: epochMs(7) })], []]);
  });

  it('are completed with the node that shows, and are the same values when nothing is new', () => {
    const announced = aRecord(1, { nodeId: null, at: epochMs(3) });
    expect(look([announced], { servers: [aServer(1)], nodes }).records).toEqual([aRecord(1, { at: epochMs(3) })]);
    expect(look([aRecord(1)], { servers: [aServer(1)], nodes }).records).toEqual([aRecord(1)]);
  });

  it('stay while their server is there, wherever its node is', () => {
    expect(look([aRecord(1)], { servers: [aServer(1)] }).records).toMatchObject([{ nodeId: 'n1', missedAt: 0 }]);
    const late = { begunAt: epochMs(createVisibility * 9) };
    expect(look([aRecord(1, { missedAt: epochMs(0) })], { servers: [aServer(1)], listing: late }).records).toHaveLength(1);
    expect(look([aRecord(1)], { known: [aKnown(1)], nodes }).steps).toEqual([]); // nobody says whether it is there
  });

  it('end with a node whose removal the cloud took, once it does not show', () => {
    expect(look([aRecord(1, { removedAt: epochMs(0) })], {}).records).toEqual([]);
    const old = look([aRecord(1, { removedAt: epochMs(0) })], { nodes }); // the list is old: somebody has to look again
    expect(old).toMatchObject({ planned: [{ kind: 'converge-later', until: createVisibility }], records: [{ removedAt: 0 }] });
    expect(look([aRecord(1, { removedAt: epochMs(9) })], { nodes }).records).toMatchObject([{ removedAt: 0 }]); // a clock was ahead
    const late = { begunAt: createVisibility as never };
    expect(look([aRecord(1, { removedAt: epochMs(0) })], { nodes, listing: late }).steps).toEqual(['converge-later']);
  });

  it('do not end with one list that does not show the node, for it may be old', () => {
    expect(look([aRecord(1)], { listing: { begunAt: epochMs(5) } }).records).toEqual([aRecord(1, { missedAt: epochMs(5) })]);
    const missed = aRecord(1, { missedAt: epochMs(5) });
    const at = (begunAt: number) => look([missed], { listing: { begunAt: epochMs(begunAt) } }).records.length;
    expect([at(createVisibility + 4), at(createVisibility + 5)]).toEqual([1, 0]);
    expect(look([missed], { nodes }).records).toMatchObject([{ missedAt: null }]);
    expect(look([aRecord(1, { missedAt: epochMs(99) })], { listing: { begunAt: epochMs(5) } }).records).toMatchObject([{ missedAt: 5 }]);
  });

  it('end with a server that was let go: its nodes go with it', () => {
    expect(look([aRecord(1)], { listed: [aServer(1, { groupId: undefined })], nodes })).toMatchObject({ steps: [], records: [] });
  });
});

describe('nodes of a server that has ended in this pass', () => {
  it('go by their ids, whoever has the address by now', () => {
    expect(look([aRecord(1)], { ended: ['s1'], nodes: [...nodes, aNode(1, { id: 'x' as NodeId, port: 81 })] }).steps).toEqual([
      'remove n1',
    ]);
    const heir = aServer(9, { servicenetAddress: '10.0.0.1', groupId: undefined, desiredLoadBalancers: [] });
    expect(look([aRecord(1)], { ended: ['s1'], listed: [heir], nodes }).steps).toEqual(['remove n1']);
  });

  it('stay when the one who has the address is to be in this very place', () => {
    const heir = aServer(9, { servicenetAddress: '10.0.0.1', groupId: 'other' as GroupId });
    expect(look([aRecord(1)], { ended: ['s1'], listed: [heir], nodes }).steps).toEqual([]);
    const known = aKnown(9, { servicenetAddress: '10.0.0.1' });
    expect(look([aRecord(1)], { ended: ['s1'], known: [known], nodes }).steps).toEqual([]);
  });

  it('go by their place when their ids were never seen, if nobody else has the address', () => {
    const record = aRecord(1, { nodeId: null });
    expect(look([record], { ended: ['s1'], nodes })).toMatchObject({ steps: ['remove n1'], records: [{ nodeId: 'n1' }] });
    const heir = aServer(9, { servicenetAddress: '10.0.0.1', groupId: undefined, desiredLoadBalancers: [] });
    expect(look([record], { ended: ['s1'], listed: [heir], nodes }).steps).toEqual(['converge-later']);
  });

  it('stay when a later record of another group names the same node', () => {
    const heir = aRecord(2, { groupId: 'other' as GroupId, address: '10.0.0.1', nodeId: 'n1' as NodeId, at: epochMs(5) });
    expect(look([aRecord(1)], { ended: ['s1'], nodes, others: [heir] })).toMatchObject({ steps: [], records: [] });
    expect(look([aRecord(1, { at: epochMs(6) })], { ended: ['s1'], nodes, others: [heir] }).steps).toEqual(['remove n1']);
    const announced = { ...heir, nodeId: null };
    expect(look([aRecord(1)], { ended: ['s1'], nodes, others: [announced] })).toMatchObject({ steps: [], records: [{ nodeId: 'n1' }] });
  });

  it('can go in the next passes too, while the listing shows nobody at their address', () => {
    const { records, steps } = look([aRecord(1)], { ended: ['s1'], nodes, listing: { begunAt: epochMs(7) } });
    expect([records, steps]).toEqual([[aRecord(1, { endedAt: epochMs(7) })], ['remove n1']]);
    const at = (begunAt: number, listed: readonly Server[] = []) =>
      look(records, { nodes, listed, listing: { begunAt: epochMs(begunAt) } }).steps;
    const heir = aServer(9, { servicenetAddress: '10.0.0.1', groupId: undefined, desiredLoadBalancers: [] });
    expect([at(createVisibility + 6), at(9, [heir]), at(createVisibility + 7)]).toEqual([
      ['remove n1'],
      ['converge-later'],
      ['converge-later'],
    ]);
  });

  it('are to go as soon as their load balancer can be read', () => {
    const blind = { healthMonitors: new Map(), unread: new Map([[balancer, { reason: '500', missing: false }]]) };
    const { records } = look([aRecord(1)], { ended: ['s1'], listing: blind });
    expect(records).toMatchObject([{ endedAt: 0 }]);
    expect(look(records, { nodes }).steps).toEqual(['remove n1']);
  });

  it('are no longer to go when the server is there after all', () => {
    expect(look([aRecord(1, { endedAt: epochMs(0) })], { servers: [aServer(1)], nodes }).records).toEqual([aRecord(1)]);
  });

  it('stay on a load balancer that lets none go', () => {
    expect(look([aRecord(1)], { ended: ['s1'], nodes, stuck: [balancer] }).steps).toEqual([]);
  });
});

describe('nodes of a server that is gone, found later', () => {
  const at = (begunAt: number, vacantAt: number | null, holder: Holder) =>
    look([aRecord(1, { vacantAt: vacantAt as never })], {
      nodes,
      listing: { begunAt: epochMs(begunAt) },
      holders: { '10.0.0.1': holder },
    });

  it('go when nobody has had their address in two listings far enough apart', () => {
    const first = at(10, null, 'nobody');
    expect(first.records).toMatchObject([{ vacantAt: 10 }]);
    expect(first.planned).toMatchObject([{ kind: 'converge-later', limited: false, until: createVisibility + 10 }]);
    expect(at(createVisibility + 9, 10, 'nobody').steps).toEqual(['converge-later']);
    expect(at(createVisibility + 10, 10, 'nobody').steps).toEqual(['remove n1']);
  });

  it('stay while somebody has the address, and nobody waits for that', () => {
    expect(at(createVisibility + 10, 10, 'somebody')).toMatchObject({ steps: [], records: [{ vacantAt: null }] });
  });

  it('stay while it is not known whether somebody has it', () => {
    expect(at(createVisibility + 10, 10, 'unknown')).toMatchObject({ steps: ['converge-later'], records: [{ vacantAt: 10 }] });
    expect(look([aRecord(1)], { nodes }).steps).toEqual(['converge-later']);
  });

  it('are those of a server that has another address by now, too', () => {
    const moved = aServer(1, { servicenetAddress: '10.0.0.2' });
    const known = [aKnown(1, { servicenetAddress: '10.0.0.2' })];
    const { steps, records } = look([aRecord(1)], { servers: [moved], known, nodes, holders: { '10.0.0.1': 'nobody' } });
    expect([steps, records]).toMatchObject([['converge-later'], [{ vacantAt: 0 }]]);
    const gone = { begunAt: epochMs(createVisibility + 1) };
    expect(look([aRecord(1, { missedAt: epochMs(0) })], { servers: [moved], known, listing: gone }).records).toEqual([]);
  });

  it('are waited for where they cannot be seen, unless nothing is waited for there any more', () => {
    const blind = { healthMonitors: new Map(), unread: new Map([[balancer, { reason: '500', missing: false }]]) };
    const { planned, records } = look([aRecord(1)], { listing: blind });
    expect([planned, records]).toMatchObject([
      [{ kind: 'converge-later', because: [{ rule: 'load-balancer-unread', sentence: '500' }] }],
      [aRecord(1)],
    ]);
    expect(look([aRecord(1)], { listing: blind, stuck: [balancer] }).steps).toEqual([]);
    expect(look([aRecord(1)], { servers: [aServer(1)], listing: blind }).steps).toEqual([]);
  });

  it('end with their load balancer', () => {
    const without = { healthMonitors: new Map(), begunAt: epochMs(createVisibility) };
    expect(look([aRecord(1, { missedAt: epochMs(0) })], { listing: without }).records).toEqual([]);
  });
});

describe('records of other groups', () => {
  const theirs = aRecord(1, { groupId: 'other' as GroupId });

  it('are left to them while the server is there', () => {
    expect(look([theirs], { listed: [aServer(1, { groupId: 'other' as GroupId })], nodes })).toMatchObject({
      steps: [],
      records: [theirs],
    });
  });

  it('end when another server has taken the node over', () => {
    const heir = aRecord(2, { address: '10.0.0.1', nodeId: 'n1' as NodeId, at: epochMs(5) });
    const known = [aKnown(2, { servicenetAddress: '10.0.0.1' })];
    const servers = [aServer(2, { servicenetAddress: '10.0.0.1' })];
    expect(look([theirs, heir], { servers, known, nodes }).records).toEqual([heir]);
    expect(look([aRecord(1), heir], { servers, known, nodes }).records).toEqual([heir]);
  });

  it('hold nobody up, and their nodes go in the same way', () => {
    expect(look([theirs], { nodes, holders: { '10.0.0.1': 'nobody' } })).toMatchObject({ steps: [], records: [{ vacantAt: 0 }] });
    const vacant = { ...theirs, vacantAt: epochMs(0) };
    const late = { begunAt: epochMs(createVisibility) };
    expect(look([vacant], { nodes, listing: late, holders: { '10.0.0.1': 'nobody' } }).steps).toEqual(['remove n1']);
    expect(nodeRecordKey(theirs)).toBe(nodeRecordKey(aRecord(1)));
  });
});

import { describe, expect, it } from 'vitest';
import { intentKey } from '../model/group-change.ts';
import type { CreateToken, GroupId, PoolId, ServerId } from '../model/identifiers.ts';
import type { Intent, KnownServer, ScalingGroup } from '../model/scaling-group.ts';
import type { Server } from '../model/server.ts';
import { epochMs, seconds } from '../model/time.ts';
import { defaultOptions as options } from '../options.ts';
import { destinyOf } from '../planner/destiny.ts';
import { aCreate, aDelete, aGroup, aKnown, aListing, aNode, aServer } from '../testing/parts.ts';
import { compareWithListing, doubtfulServers, missingServers } from './discrepancies.ts';
import type { Listing } from './listing.ts';
import { type Answers, type Confirmation, viewGroup } from './viewing.ts';

const healing = { maxUnhealthyFraction: 0.5, maxConcurrentReplacements: 3 };
const opened = (...open: readonly Intent[]): { readonly intents: ScalingGroup['intents'] } => ({
  intents: Object.fromEntries(open.map((intent) => [intentKey(intent), intent])),
});
const token = 'a' as CreateToken;
const visible = options.createVisibility;

interface Asked {
  /** What came of asking for servers by id, and for creates by name. */
  readonly confirmations?: Readonly<Record<string, Confirmation>>;
  readonly sightings?: Readonly<Record<string, Confirmation>>;
  readonly now?: number;
}
function view(group: ScalingGroup, listing: Listing, { confirmations = {}, sightings = {}, now = 0 }: Asked = {}) {
  const answers: Answers = {
    discrepancies: compareWithListing(group, listing),
    confirmations: new Map(Object.entries(confirmations) as [ServerId, Confirmation][]),
    sightings: new Map(Object.entries(sightings) as [CreateToken, Confirmation][]),
  };
  return viewGroup(group, listing, answers, epochMs(now), { ...options, healing });
}
const shown = ({ servers }: ReturnType<typeof view>) => servers.map(({ id, state }) => `${id} ${state}`);

describe('compareWithListing', () => {
  it('finds servers that the listing does not show at all, though not those that it shows with another group', () => {
    const group = aGroup([aKnown(1), aKnown(2), aKnown(3), aKnown(4, { state: 'DELETED' })]);
    const found = compareWithListing(group, aListing([aServer(1), aServer(2, { groupId: 'other' as GroupId })]));
    expect(found.unlisted.map(({ id }) => id)).toEqual(['s3', 's4']);
    expect(missingServers(found)).toEqual(['s3']);
    const deletedElsewhere = compareWithListing(group, aListing([aServer(4, { groupId: 'other' as GroupId })]));
    expect(deletedElsewhere.unlisted.map(({ id }) => id)).toContain('s4');
    expect(Object.keys(view(group, aListing([aServer(1), aServer(2, { groupId: undefined })])).known)).not.toContain('s2');
  });

  it.each([
    ['ACTIVE', 'BUILD', true],
    ['BUILD', 'ACTIVE', false],
    ['ERROR', 'ACTIVE', true],
    ['SHUTOFF', 'ACTIVE', true],
    ['DELETED', 'ACTIVE', true],
    ['HARD_REBOOT', 'ACTIVE', false],
    ['ACTIVE', 'ERROR', false],
  ] as const)('doubts a listing by which a server went from %s to %s: %s', (before, state, doubted) => {
    const found = compareWithListing(aGroup([aKnown(1, { state: before })]), aListing([aServer(1, { state })]));
    expect(doubtfulServers(found)).toEqual(doubted ? ['s1'] : []);
  });

  it('doubts a listing by which the group has a server that nobody knows, unless one is waited for by its token', () => {
    const group = aGroup([aKnown(1)], opened(aCreate('a')));
    const stranger = aServer(3, { createToken: 'b' as CreateToken });
    const found = compareWithListing(
      group,
      aListing([aServer(1), aServer(2, { createToken: token }), stranger, stranger, aServer(4), aServer(5, { state: 'DELETED' })]),
    );
    expect(doubtfulServers(found)).toEqual(['s3', 's4']);
  });
});

describe('viewGroup', () => {
  describe('of a server that is not listed', () => {
    it('takes it for present until the cloud says that it is gone', () => {
      const group = aGroup([aKnown(1), aKnown(2, { state: 'BUILD', active: false, servicenetAddress: '' })]);
      const seen = view(group, aListing([]), { confirmations: { s1: 'gone' } });
      expect(seen.observed).toMatchObject({ servers: [], unseen: 1, vanished: 1 });
      expect(seen.known).toEqual({ s2: group.servers['s2' as ServerId] });
    });

    it('forgets one that is gone, though not all load balancers were looked at: there are records of its nodes', () => {
      const group = aGroup([aKnown(1, { state: 'DELETED', active: false }), aKnown(2)]);
      const seen = view(group, aListing([], { scope: 'group' }), { confirmations: { s2: 'gone' } });
      expect([seen.known, [...seen.ended], seen.observed.vanished]).toEqual([{}, ['s2'], 1]);
    });

    it('takes it as it is when the cloud shows it, unless it is another group by now', () => {
      const group = aGroup([aKnown(1), aKnown(2)]);
      const confirmations = { s1: aServer(1, { state: 'ERROR' }), s2: aServer(2, { groupId: 'other' as GroupId }) };
      const seen = view(group, aListing([]), { confirmations });
      expect([shown(seen), seen.observed.unseen, seen.observed.vanished]).toEqual([['s1 ERROR'], 0, 0]);
    });

    it('believes neither a doubtful listing nor its own memory', () => {
      const group = aGroup([aKnown(1)]);
      const listing = aListing([aServer(1, { state: 'BUILD' })]);
      expect(view(group, listing).observed).toMatchObject({ servers: [], unseen: 1 });
      expect(shown(view(group, listing, { confirmations: { s1: aServer(1) } }))).toEqual(['s1 ACTIVE']);
    });

    it('asks no more of one that was being deleted', () => {
      const group = aGroup([aKnown(1, { state: 'DELETED', active: false })]);
      const seen = view(group, aListing([]));
      expect([seen.known, seen.observed.unseen, seen.observed.vanished]).toEqual([{}, 0, 0]);
    });
  });

  describe('of a server that is listed and that nobody knows', () => {
    const group = aGroup([aKnown(1)]);
    const listing = aListing([aServer(1), aServer(2)]);

    it('forgets it again when it is gone, or is not ours', () => {
      for (const s2 of ['gone', aServer(2, { groupId: undefined })] as const) {
        const seen = view(group, listing, { confirmations: { s2 } });
        expect([shown(seen), Object.keys(seen.known), seen.observed.unseen, seen.observed.vanished]).toEqual([['s1 ACTIVE'], ['s1'], 0, 0]);
      }
    });

    it('knows it from when the cloud shows it by itself, as it is then', () => {
      const seen = view(group, listing, { confirmations: { s2: aServer(2, { state: 'SHUTOFF' }) } });
      expect([shown(seen), Object.keys(seen.known)]).toEqual([
        ['s1 ACTIVE', 's2 SHUTOFF'],
        ['s1', 's2'],
      ]);
    });

    it('takes it for present until then, and makes none surplus for it', () => {
      const seen = view(group, listing);
      expect([shown(seen), Object.keys(seen.known), seen.observed.unseen]).toEqual([['s1 ACTIVE'], ['s1'], 1]);
    });
  });

  describe('of a create that was not answered', () => {
    const group = aGroup([], opened({ ...aCreate('a'), state: 'planned' }));

    it('counts it until its server shows', () => {
      expect(view(group, aListing([]))).toMatchObject({ observed: { unseen: 1 }, intents: { 'create:a': { state: 'unknown' } } });
      const seen = view(group, aListing([aServer(1, { createToken: token })]));
      expect([seen.observed.unseen, seen.intents]).toEqual([0, {}]);
    });

    it('expects its server from when it was surely sent: by the first look after whoever was to send it is gone', () => {
      const first = view(group, aListing([], { begunAt: epochMs(100_000) }));
      expect(first.intents['create:a']).toMatchObject({ plannedAt: 100_000, state: 'unknown' });
      const second = view(aGroup([], { intents: first.intents }), aListing([], { begunAt: epochMs(120_000) }));
      expect(second.intents['create:a']).toMatchObject({ plannedAt: 100_000 });
    });

    it('gives it up only late, and only when a look by name has found none', () => {
      const after = (begunAt: number, sightings: Asked['sightings'] = {}) =>
        view(group, aListing([], { begunAt: epochMs(begunAt) }), { sightings }).observed.unseen;
      expect([after(visible, { a: 'gone' }), after(visible + 1), after(visible + 1, { a: 'unconfirmed' })]).toEqual([1, 1, 1]);
      expect(after(visible + 1, { a: 'gone' })).toBe(0);
    });

    it('expects its server from now on, if a clock that was ahead planned it', () => {
      const tenDays = 864_000_000;
      const planned = view(aGroup([], opened(aCreate('a', tenDays))), aListing([], { begunAt: epochMs(1000) }));
      expect(planned.intents).toEqual({ 'create:a': aCreate('a', 1000) });
      const soon = view(aGroup([], opened(aCreate('a', 30_000))), aListing([]));
      expect(soon.intents).toEqual({ 'create:a': aCreate('a', 30_000) });
    });

    it('takes over the server that a look by name has found, if it is still ours', () => {
      const found = aServer(9, { createToken: token });
      const seen = view(group, aListing([]), { sightings: { a: found } });
      expect([shown(seen), seen.observed.unseen, seen.intents]).toEqual([['s9 ACTIVE'], 0, {}]);
      expect(shown(view(group, aListing([]), { sightings: { a: { ...found, groupId: undefined } } }))).toEqual([]);
    });
  });

  describe('of a server whose status we do not know', () => {
    const shows = (state: Server['state'], known: KnownServer, now: number) =>
      view(aGroup([known]), aListing([aServer(1, { state })]), { now });

    it('counts it for 300 s from when it was first seen so, and then no more', () => {
      for (const state of ['UNKNOWN', 'UNRECOGNISED'] as const) {
        const first = shows(state, aKnown(1), 5000);
        expect([first.known, first.observed.pondered]).toMatchObject([{ s1: { unknownSince: 5000 } }, new Map([['s1', 305_000]])]);
        const row = aKnown(1, { state, active: false, unknownSince: epochMs(5000) });
        const destiny = (now: number) => {
          const { desired, observed, servers } = shows(state, row, now);
          return servers.map((server) => destinyOf(server, epochMs(0), seconds(3600), desired, observed));
        };
        expect([destiny(304_999), destiny(305_000)]).toEqual([['avoided'], ['ignored']]);
      }
    });

    it('counts from the beginning once it was seen in another', () => {
      expect(shows('ACTIVE', aKnown(1, { state: 'UNKNOWN', unknownSince: epochMs(1) }), 5000).known).toMatchObject({
        s1: { unknownSince: null },
      });
    });

    it('takes UNKNOWN without metadata for no answer: it stays what it was', () => {
      const silent = aServer(1, { state: 'UNKNOWN', groupId: undefined, desiredLoadBalancers: [] });
      const group = aGroup([aKnown(1)]);
      const seen = view(group, aListing([silent]), { confirmations: { s1: silent } });
      expect([seen.known['s1' as ServerId] === group.servers['s1' as ServerId], seen.observed.unseen, seen.observed.vanished]).toEqual([
        true,
        1,
        0,
      ]);
    });
  });

  describe('of a server that we asked to delete', () => {
    const group = aGroup([aKnown(1)], opened(aDelete(1, 60_000)));

    it('never counts it again, whatever the cloud shows', () => {
      const { desired, observed, servers, known } = view(group, aListing([aServer(1)], { nodes: [aNode(1)] }));
      expect(servers.map((server) => destinyOf(server, epochMs(0), seconds(3600), desired, observed))).toEqual(['doomed']);
      expect(known).toMatchObject({ s1: { active: false } });
      expect(view(group, aListing([])).observed).toMatchObject({ unseen: 0, vanished: 0 });
      expect(view(group, aListing([]), { confirmations: { s1: 'gone' } }).observed).toMatchObject({ unseen: 0, vanished: 0 });
    });

    it('never counts it again when it shows ACTIVE for a moment, though the listing before lacked it', () => {
      const leaving = aGroup([aKnown(1, { state: 'DELETED', active: false })], opened(aDelete(1, 60_000)));
      const lacked = view(leaving, aListing([]), { now: visible - 1 });
      expect(lacked.observed).toMatchObject({ servers: [], unseen: 0, vanished: 0 });
      const { desired, observed, servers } = view({ ...leaving, ...lacked, ...{ servers: lacked.known } }, aListing([aServer(1)]), {
        confirmations: { s1: aServer(1) },
        now: visible - 1,
      });
      expect(servers.map((server) => destinyOf(server, epochMs(0), seconds(3600), desired, observed))).toEqual(['doomed']);
      const forgotten = view(leaving, aListing([]), { now: visible });
      expect([forgotten.known, forgotten.intents]).toEqual([{}, {}]);
      expect(view(leaving, aListing([]), { confirmations: { s1: 'gone' }, now: 1 }).known).toEqual({});
    });

    it('says when it is time to ask again', () => {
      const due = (now: number) => [...view(group, aListing([aServer(1)]), { now }).desired.deletions];
      expect([due(59_999), due(60_000)]).toEqual([[['s1', false]], [['s1', true]]]);
    });

    it('takes the time to ask again for come where a clock that was ahead has set it', () => {
      const due = (againAt: number) =>
        view(aGroup([aKnown(1)], opened(aDelete(1, againAt))), aListing([aServer(1)])).desired.deletions.get('s1' as ServerId);
      expect([due(600_000), due(600_001)]).toEqual([false, true]);
    });

    it('keeps the intent as long as the server may be there', () => {
      const kept = (listing: Listing, asked: Asked = {}) => Object.keys(view(group, listing, asked).intents);
      expect(kept(aListing([aServer(1)]))).toEqual(['delete:s1']);
      expect(kept(aListing([]))).toEqual(['delete:s1']);
      expect(kept(aListing([]), { confirmations: { s1: 'gone' } })).toEqual([]);
    });
  });

  describe('of a server that answers contradict', () => {
    const late = options.createVisibility;
    const building = aServer(1, { state: 'BUILD', createdAt: epochMs(-7_200_000) });
    const day = 86_400_000;

    /** What becomes of the server when it is shown so, in the listing and by id, at `begunAt` in our time and in the cloud's. */
    const look = (known: KnownServer, listed: readonly Server[], begunAt: number, confirmation: Confirmation = building) => {
      const listing = aListing(listed, { begunAt: epochMs(begunAt), cloudNow: epochMs(begunAt) });
      const seen = view(aGroup([known]), listing, { confirmations: { s1: confirmation }, now: begunAt });
      const destinies = seen.servers.map((server) => destinyOf(server, epochMs(begunAt), seconds(3600), seen.desired, seen.observed));
      return { ...seen, destinies, row: seen.known['s1' as ServerId] ?? known };
    };

    it.each([
      ['the listing shows it in BUILD, and so it does by id', [building]],
      ['the listing omits it, and by id it shows in BUILD', []],
    ])('takes it for what it was until it is told again: %s', (_, listed) => {
      const first = look(aKnown(1), listed, day);
      expect([first.destinies, first.row.state, first.observed.unseen]).toEqual([['available'], 'ACTIVE', 0]);
      expect(first.observed.contradicted?.get('s1' as ServerId)).toMatchObject({ state: 'BUILD' });
      const second = look(first.row, listed, day + late - 1);
      expect([second.destinies, second.row]).toEqual([['available'], first.row]);
    });

    it('believes it then, and takes its build for as old as what was seen of it', () => {
      const second = look(look(aKnown(1), [building], day).row, [building], day + late);
      expect([second.destinies, second.row]).toMatchObject([['building'], { state: 'BUILD', active: false }]);
      expect(look(second.row, [building], day + 3_600_000 - 1).destinies).toEqual(['building']);
      expect(look(second.row, [building], day + 3_600_000).destinies).toEqual(['overdue']);
    });

    it('remembers the first answer where the next ones do not come, and forgets it when the server shows as it was', () => {
      const first = look(aKnown(1), [building], day);
      expect(look(first.row, [building], day + 1, 'unconfirmed').row).toEqual(first.row);
      expect(look(first.row, [aServer(1)], day + 1).row).not.toHaveProperty('doubt');
    });

    it('keeps an address that an answer lacks, for its nodes and for when it is gone', () => {
      const shown = aServer(1, { servicenetAddress: '' });
      const seen = view(aGroup([aKnown(1)]), aListing([shown], { nodes: [aNode(1)] }));
      expect([seen.observed.nodes.length, seen.known]).toEqual([1, { s1: aKnown(1) }]);
      const byId = view(aGroup([aKnown(1)]), aListing([], { nodes: [aNode(1)] }), { confirmations: { s1: shown } });
      expect(byId.known).toEqual({ s1: aKnown(1) });
    });

    it('waits for one whose create was just accepted, though the cloud has none of its id', () => {
      const known = aKnown(1, { state: 'BUILD', active: false, servicenetAddress: '', doubt: { kind: 'unseen', since: epochMs(day) } });
      const early = look(known, [], day + late - 1, 'gone');
      expect(early.observed).toMatchObject({ servers: [], unseen: 1, unconfirmed: [], vanished: 0 });
      expect(early.row).toEqual(known);
      const atLast = look(known, [], day + late, 'gone');
      expect([atLast.observed.unseen, atLast.observed.vanished, atLast.known]).toEqual([0, 1, {}]);
      expect(look(known, [building], day).row).not.toHaveProperty('doubt');
    });
  });

  describe('of what is stored of a server', () => {
    const listing = aListing([aServer(1)], { nodes: [aNode(1)] });

    it.each([[['link']], [[]]])('keeps the record as it is where nothing has changed, with the links %j', (links) => {
      const group = aGroup([aKnown(1, { links })]);
      expect(view(group, listing).known).toEqual(group.servers);
    });

    it.each([
      ['state', { state: 'BUILD' }],
      ['activity', { active: false }],
      ['address', { servicenetAddress: '' }],
      ['load balancers', { loadBalancers: [] }],
      ['pools', { pooled: true }],
    ] as const)('learns its %s', (_, before) => {
      expect(view(aGroup([aKnown(1, before)]), listing).known).toEqual({ s1: aKnown(1) });
    });

    it('learns its links once', () => {
      const linked = aListing([aServer(1, { links: ['new'] })], { nodes: [aNode(1)] });
      expect(view(aGroup([aKnown(1)]), linked).known).toMatchObject({ s1: { links: ['new'] } });
      expect(view(aGroup([aKnown(1, { links: ['old'] })]), linked).known).toMatchObject({ s1: { links: ['old'] } });
    });

    it.each(['constructor', '__proto__'])('knows no server %s before it was stored, though every object has such a key', (id) => {
      const listed = aListing([aServer(1, { id: id as ServerId, state: 'DELETED' })]);
      expect(doubtfulServers(compareWithListing(aGroup([]), aListing([aServer(1, { id: id as ServerId })])))).toEqual([id]);
      const known = view(aGroup([]), listed).known;
      expect(Object.values(known)).toEqual([aKnown(1, { id: id as ServerId, state: 'DELETED', active: false })]);
      expect(view({ ...aGroup([]), servers: known }, listed).known).toEqual(known);
    });

    it('takes a server for active that is ACTIVE and everywhere it is to be', () => {
      const isActive = (seen: Listing) =>
        view(aGroup([aKnown(1, { state: 'BUILD', active: false })]), seen).known['s1' as ServerId]?.active;
      const pooled = aServer(1, { desiredLoadBalancers: [{ kind: 'rcv3', poolId: 'p' as PoolId }] });
      expect(isActive(listing)).toBe(true);
      expect(isActive(aListing([aServer(1)], { nodes: [aNode(1, { port: 81 })] }))).toBe(false);
      expect(isActive(aListing([aServer(1, { state: 'BUILD' })], { nodes: [aNode(1)] }))).toBe(false);
      expect(isActive(aListing([pooled]))).toBe(false);
      expect(isActive(aListing([pooled], { members: [{ poolId: 'p' as PoolId, serverId: pooled.id }] }))).toBe(true);
    });
  });
});

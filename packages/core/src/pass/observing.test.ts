import { describe, expect, it } from 'vitest';
import { CloudError } from '../errors.ts';
import type { TenantCloud } from '../guards/tenant-cloud.ts';
import type { CreateToken, ServerId } from '../model/identifiers.ts';
import { epochMs } from '../model/time.ts';
import { defaultOptions as options } from '../options.ts';
import { HandClock, settled } from '../testing/hand-clock.ts';
import { aCreate, aGroup, aKnown, aListing, aServer } from '../testing/parts.ts';
import type { Listing } from './listing.ts';
import { observeGroup } from './observing.ts';

const some = <T>(count: number, make: (n: number) => T, from = 0): T[] => Array.from({ length: count }, (_, n) => make(from + n));
const unanswered = () => Promise.reject(new CloudError('timeout', 'no answer'));
const tardy = options.createVisibility + 1;

interface Setting {
  /** What the listings show, one after the other; the last one goes on. */
  readonly listings?: readonly (Listing | 'nothing comes')[];
  readonly getServer?: TenantCloud['getServer'];
  readonly findServers?: TenantCloud['findServers'];
  readonly chance?: number;
}

/** Looks at a group of a cloud that answers so. */
function setUp({ listings = [], getServer = async () => undefined, findServers = async () => [], chance = 0 }: Setting) {
  const clock = new HandClock();
  const asked: string[] = [];
  const listed: { again: boolean }[] = [];
  const left = [...listings];
  const ports = {
    clock,
    options,
    random: { at: () => chance } as never,
    cloud: {
      getServer: (id: ServerId) => {
        asked.push(id);
        return getServer(id);
      },
      findServers: (name: string) => {
        asked.push(name);
        return findServers(name);
      },
    } as unknown as TenantCloud,
    recordsAt: async () => () => [],
    whoHas: async () => new Map(),
    observe: async (_group: unknown, _records: unknown, again: boolean): Promise<Listing> => {
      listed.push({ again });
      const next = (left.length > 1 ? left.shift() : left[0]) ?? aListing([]);
      return next === 'nothing comes' ? new Promise(() => {}) : next;
    },
  };
  const look = (group: ReturnType<typeof aGroup>, deadline = 120_000) => observeGroup(group, {}, ports, epochMs(deadline));
  return { look, asked, listed, clock };
}

describe('observeGroup', () => {
  it('lists again before it believes an unlikely loss, and then believes what it sees', async () => {
    const { look, asked, listed } = setUp({ listings: [aListing([]), aListing(some(11, aServer))] });
    const view = await look(aGroup(some(11, (n) => aKnown(n))));
    expect(listed.map(({ again }) => again)).toEqual([false, true]);
    expect(asked).toEqual([]);
    expect(view.observed).toMatchObject({ unseen: 0, vanished: 0 });
  });

  it.each([
    [10, 10, 1],
    [11, 11, 2],
    [200, 20, 1],
    [200, 21, 2],
  ])('takes for likely what may be: of %i servers %i are missing, %i listings', async (known, missing, listings) => {
    const { look, listed } = setUp({ listings: [aListing(some(known - missing, aServer))] });
    await look(aGroup(some(known, (n) => aKnown(n))));
    expect(listed).toHaveLength(listings);
  });

  it('asks for missing servers by id, and takes none for gone of which the cloud does not say so', async () => {
    const { look, asked } = setUp({
      listings: [aListing([aServer(1)])],
      getServer: async (id) => (id === 's2' ? aServer(2, { state: 'SHUTOFF' }) : id === 's3' ? undefined : unanswered()),
    });
    const view = await look(aGroup(some(4, (n) => aKnown(n), 1)));
    expect(asked).toEqual(['s2', 's3', 's4']);
    expect(view.servers.map(({ id }) => id)).toEqual(['s1', 's2']);
    expect(Object.keys(view.known)).toEqual(['s1', 's2', 's4']);
    expect(view.observed).toMatchObject({ unseen: 1, unconfirmed: ['s4'], vanished: 1 });
  });

  it('asks about a server that the listing shows as it no longer is', async () => {
    const { look } = setUp({ listings: [aListing([aServer(1, { state: 'BUILD' })])], getServer: async () => aServer(1) });
    const view = await look(aGroup([aKnown(1)]));
    expect(view.servers.map(({ state }) => state)).toEqual(['ACTIVE']);
  });

  it('asks twenty questions a pass, others from pass to pass, and takes the rest for present', async () => {
    const group = aGroup(some(30, (n) => aKnown(n)));
    const first = setUp({ listings: [aListing([])] });
    const second = setUp({ listings: [aListing([])], chance: 0.67 });
    expect((await first.look(group)).observed).toMatchObject({ unseen: 10, unconfirmed: [], vanished: 20 });
    await second.look(group);
    expect([new Set(first.asked).size, new Set(second.asked).size]).toEqual([20, 20]);
    expect(new Set([...first.asked, ...second.asked]).size).toBe(30);
    const silent = setUp({ listings: [aListing([])], getServer: unanswered });
    expect((await silent.look(group)).observed.unconfirmed).toHaveLength(30);
  });

  it('takes over servers that it has lost sight of, twenty a pass, and the rest for present', async () => {
    const group = aGroup([], { spec: { desired: 30 } });
    const setting = { listings: [aListing(some(30, aServer))], getServer: async (id: ServerId) => aServer(Number(id.slice(1))) };
    const first = await setUp(setting).look(group);
    expect([Object.keys(first.known).length, first.observed.servers.length, first.observed.unseen]).toEqual([20, 20, 10]);
    const second = setUp(setting);
    const view = await second.look({ ...group, servers: first.known });
    expect([second.asked.length, Object.keys(view.known).length, view.observed.unseen]).toEqual([10, 30, 0]);
  });

  it('asks for a server that is to be removed before it shows', async () => {
    const removals = { s2: { serverId: 's2' as ServerId, purge: true, at: epochMs(0) } };
    const group = aGroup([aKnown(1)], { spec: { removals } });
    const viewOf = async (getServer: TenantCloud['getServer'], servers = [aServer(1)]) => {
      const { look, asked } = setUp({ listings: [aListing(servers)], getServer });
      const view = await look(group);
      return [asked.join(), Object.keys(view.known).join(), [...view.unconfirmed].join(), view.observed.unseen];
    };
    expect(await viewOf(async () => aServer(2))).toEqual(['s2', 's1,s2', '', 0]);
    expect(await viewOf(async () => undefined)).toEqual(['s2', 's1', '', 0]);
    expect(await viewOf(unanswered)).toEqual(['s2', 's1', 's2', 1]);
    expect(await viewOf(async () => aServer(2), [aServer(1), aServer(2)])).toEqual(['s2', 's1,s2', '', 0]);
  });

  it('asks nothing about servers that it knows, and that show as they were', async () => {
    const { look, asked } = setUp({ listings: [aListing([aServer(1), aServer(2), aServer(3, { createToken: 'a' as CreateToken })])] });
    const removals = { s1: { serverId: 's1' as ServerId, purge: true, at: epochMs(0) } };
    const intents = { 'create:a': aCreate('a') };
    await look(aGroup([aKnown(1), aKnown(2, { state: 'BUILD' })], { spec: { removals }, intents }));
    expect(asked).toEqual([]);
  });

  it('does not hide a mistake of ours behind a question', async () => {
    const { look } = setUp({ getServer: () => Promise.reject(new TypeError('oops')) });
    await expect(look(aGroup([aKnown(1)]))).rejects.toThrow('oops');
  });

  describe('for a server whose creation was never answered', () => {
    const waitingFor = (token: string, plannedAt = 0) => aGroup([], { intents: { [`create:${token}`]: aCreate(token, plannedAt) } });
    const late = aListing([], { begunAt: epochMs(tardy) });

    it('waits until it should show', async () => {
      const { look, asked } = setUp({ listings: [late] });
      const view = await look(waitingFor('a', 1));
      expect([asked, view.observed.unseen]).toEqual([[], 1]);
    });

    it('looks once more by name, and then gives it up', async () => {
      const { look, asked } = setUp({ listings: [late] });
      const view = await look(waitingFor('a'));
      expect([asked, view.observed.unseen, view.intents]).toEqual([['web-ASa'], 0, {}]);
    });

    it('does not give it up while the question is not answered', async () => {
      const view = await setUp({ listings: [late], findServers: unanswered }).look(waitingFor('a'));
      expect([view.observed.unseen, Object.keys(view.intents)]).toEqual([1, ['create:a']]);
    });

    it('knows it by its token, not by its name', async () => {
      const named = [aServer(8), aServer(9, { createToken: 'a' as CreateToken })];
      const view = await setUp({ listings: [late], findServers: async () => named }).look(waitingFor('a'));
      expect([view.servers.map(({ id }) => id), view.observed.unseen, view.intents]).toEqual([['s9'], 0, {}]);
      const other = await setUp({ listings: [late], findServers: async () => named.slice(0, 1) }).look(waitingFor('a'));
      expect(other.servers).toEqual([]);
    });
  });

  describe('at the end of its time', () => {
    it('is given up, whatever it waits for', async () => {
      for (const setting of [{ listings: ['nothing comes' as const] }, { getServer: () => new Promise<never>(() => {}) }]) {
        const { look, clock } = setUp(setting);
        let end = 'under way';
        look(aGroup([aKnown(1)])).catch(({ kind }: CloudError) => (end = kind));
        await clock.pass(119_999);
        expect(end).toBe('under way');
        await clock.pass(1);
        expect(end).toBe('timeout');
      }
    });

    it('leaves no timer behind when it was over in time', async () => {
      const { look, clock } = setUp({});
      await look(aGroup([]));
      await settled();
      expect(clock.armed).toBe(0);
    });
  });
});

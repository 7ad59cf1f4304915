import { describe, expect, it } from 'vitest';
import { CloudError } from '../errors.ts';
import type { GroupId, ServerId } from '../model/identifiers.ts';
import type { KnownServer } from '../model/scaling-group.ts';
import type { Server } from '../model/server.ts';
import { epochMs } from '../model/time.ts';
import { defaultOptions } from '../options.ts';
import type { ServersById } from '../ports.ts';
import { seededRandom } from '../random.ts';
import { HandClock } from '../testing/hand-clock.ts';
import { aGroup, aKnown, aListing, aServer } from '../testing/parts.ts';
import { AddressHolders } from './address-holders.ts';

const lost = new CloudError('server-fault', '500');
const { tenantId } = aGroup([]);

interface Asked {
  /** Of another group of the tenant, a paused one. */
  readonly known?: readonly KnownServer[];
  readonly listed?: readonly Server[];
  readonly byId?: ServersById | 'silent' | 'absent';
  readonly at?: readonly Server[] | 'silent';
  readonly most?: number;
}
/** Asks who has 10.0.0.1, again and again; with what the cloud is asked each time. */
function asks({ known = [], byId = { servers: [], absent: [] }, at = [], most = 20 }: Omit<Asked, 'listed'>) {
  let asked: unknown[] = [];
  const clock = new HandClock();
  const seen = { groups: 0 };
  const holders = new AddressHolders(
    {
      store: {
        groupIdsOf: async () => ['a', 'b'] as GroupId[],
        readGroup: async ({ groupId }) => {
          seen.groups += 1;
          return groupId === 'b' ? aGroup(known, { spec: { paused: true } }) : undefined;
        },
      },
      cloud: {
        getServers: async (ids) => {
          asked.push(ids);
          if (byId === 'silent') throw lost;
          return byId === 'absent' ? { servers: [], absent: ids } : byId;
        },
        serversAt: async (address) => {
          asked.push(address);
          if (at === 'silent') throw lost;
          return at;
        },
      },
      clock,
      random: seededRandom(1),
      options: { ...defaultOptions, confirmationsPerPass: most },
    },
    tenantId,
  );
  const look = async (listed: readonly Server[] = []) => {
    asked = [];
    const found = await holders.whoHas(['10.0.0.1'], aListing(listed), () => true);
    return [found.get('10.0.0.1'), asked];
  };
  return { look, holders, clock, seen };
}
const ask = ({ listed = [], ...asked }: Asked) => asks(asked).look(listed);

describe('AddressHolders', () => {
  it('is nobody when all known servers are listed, with other addresses, and none shows at it', async () => {
    expect(await ask({ known: [aKnown(2)], listed: [aServer(2)] })).toEqual(['nobody', ['10.0.0.1']]);
  });

  it('is somebody when a server is listed with it, or known to have it', async () => {
    expect(await ask({ listed: [aServer(1, { groupId: undefined })] })).toEqual(['somebody', []]);
    const silent = aServer(1, { servicenetAddress: '' });
    expect(await ask({ known: [aKnown(1)], listed: [silent] })).toEqual(['somebody', []]);
    expect(await ask({ known: [aKnown(1)], listed: [aServer(1, { servicenetAddress: '10.0.0.9' })] })).toEqual(['nobody', ['10.0.0.1']]);
  });

  it('asks by id for known servers that are not listed: they have it, or are gone, or nobody knows', async () => {
    const known = [aKnown(2, { servicenetAddress: '' }), aKnown(3, { state: 'DELETED' })];
    const absent = { servers: [], absent: ['s2' as ServerId] };
    expect(await ask({ known, byId: absent })).toEqual(['nobody', [['s2'], '10.0.0.1']]);
    expect(await ask({ known, byId: { servers: [aServer(2, { servicenetAddress: '10.0.0.1' })], absent: [] } })).toEqual([
      'somebody',
      [['s2']],
    ]);
    expect(await ask({ known })).toEqual(['unknown', [['s2']]]);
    expect(await ask({ known, byId: 'silent' })).toEqual(['unknown', [['s2']]]);
    expect(await ask({ known: [aKnown(2), aKnown(4)], byId: absent, most: 1 })).toEqual(['unknown', [['s2']]]);
  });

  it('does not take a listing that says nothing of a server for one that shows it', async () => {
    const silent = aServer(2, { state: 'UNKNOWN', groupId: undefined });
    expect(await ask({ known: [aKnown(2)], listed: [silent], byId: 'silent' })).toEqual(['unknown', [['s2']]]);
  });

  it('asks for the servers at an address before nobody has it', async () => {
    expect(await ask({ at: [aServer(1, { groupId: undefined })] })).toEqual(['somebody', ['10.0.0.1']]);
    expect(await ask({ at: [aServer(1, { state: 'DELETED' })] })).toEqual(['nobody', ['10.0.0.1']]);
    expect(await ask({ at: 'silent' })).toEqual(['unknown', ['10.0.0.1']]);
  });

  it('comes to an end with more servers that are gone than it may ask for at once', async () => {
    const known = Array.from({ length: 5 }, (_, n) => aKnown(n + 10));
    const { look, clock } = asks({ known, byId: 'absent', most: 2 });
    let looks = 0;
    for (let found: unknown = 'unknown'; found === 'unknown' && looks < 30; looks += 1) {
      await clock.pass(1_000);
      [found] = await look();
    }
    expect(looks).toBeLessThan(30);
    expect(await look()).toEqual(['nobody', ['10.0.0.1']]); // they are not asked for again
  });

  it('asks again for a server that a listing has shown since it was gone', async () => {
    const { look } = asks({ known: [aKnown(2)], byId: 'absent' });
    expect(await look()).toEqual(['nobody', [['s2'], '10.0.0.1']]);
    await look([aServer(2)]);
    expect(await look()).toEqual(['nobody', [['s2'], '10.0.0.1']]);
  });

  it('does not believe that a server is gone which nothing has shown since its create was accepted', async () => {
    const { look, clock } = asks({ known: [aKnown(2, { doubt: { kind: 'unseen', since: epochMs(0) } })], byId: 'absent' });
    expect(await look()).toEqual(['unknown', [['s2']]]);
    await clock.pass(defaultOptions.createVisibility);
    expect(await look()).toEqual(['nobody', [['s2'], '10.0.0.1']]);
  });

  it('reads the groups once for all who ask at once, and asks other addresses from look to look', async () => {
    const { holders, seen, clock } = asks({ most: 1 });
    const both = ['10.0.0.1', '10.0.0.2'];
    await Promise.all([holders.whoHas(both, aListing([]), () => true), holders.whoHas(both, aListing([]), () => true)]);
    expect(seen.groups).toBe(2);
    const told = new Set<string>();
    for (let n = 0; n < 20; n += 1) {
      await clock.pass(1_000);
      for (const address of (await holders.whoHas(both, aListing([]), () => true)).keys()) told.add(address);
    }
    expect([...told].sort()).toEqual(both);
  });
});

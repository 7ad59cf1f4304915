import { describe, expect, it } from 'vitest';
import { CloudError } from '../errors.ts';
import type { GroupId, ServerId } from '../model/identifiers.ts';
import type { KnownServer } from '../model/scaling-group.ts';
import type { Server } from '../model/server.ts';
import type { ServersById } from '../ports.ts';
import { aGroup, aKnown, aListing, aServer } from '../testing/parts.ts';
import { whoHas } from './address-holders.ts';

const lost = new CloudError('server-fault', '500');
const { tenantId } = aGroup([]);

interface Asked {
  /** Of another group of the tenant, a paused one. */
  readonly known?: readonly KnownServer[];
  readonly listed?: readonly Server[];
  readonly byId?: ServersById | 'silent';
  readonly at?: readonly Server[] | 'silent';
  readonly most?: number;
}
/** Who has 10.0.0.1; and what the cloud was asked. */
async function ask({ known = [], listed = [], byId = { servers: [], absent: [] }, at = [], most = 20 }: Asked) {
  const asked: unknown[] = [];
  const holders = await whoHas(tenantId, ['10.0.0.1'], aListing(listed), {
    store: {
      groupIdsOf: async () => ['a', 'b'] as GroupId[],
      readGroup: async ({ groupId }) => (groupId === 'b' ? aGroup(known, { spec: { paused: true } }) : undefined),
    },
    cloud: {
      getServers: async (ids) => {
        asked.push(ids);
        if (byId === 'silent') throw lost;
        return byId;
      },
      serversAt: async (address) => {
        asked.push(address);
        if (at === 'silent') throw lost;
        return at;
      },
    },
    options: { confirmationsPerPass: most },
  });
  return [holders.get('10.0.0.1'), asked];
}

describe('whoHas', () => {
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
});

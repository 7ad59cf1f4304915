import { describe, expect, it } from 'vitest';
import type { GroupId } from '../model/identifiers.ts';
import { aServer } from '../testing/parts.ts';
import { indexServers } from './listing.ts';

const [group, other] = ['group' as GroupId, 'other' as GroupId];

describe('indexServers', () => {
  it('finds servers, their groups and their addresses, doubles once', () => {
    const made = 12;
    const servers = Array.from({ length: made }, (_, n) => aServer(n, { state: n === 3 ? 'DELETED' : 'ACTIVE' }));
    const index = indexServers({ servers: [...servers, aServer(5, { name: 'a double' })] });
    expect([index.serverById(aServer(5).id), index.serverById(aServer(made).id)]).toEqual([aServer(5), undefined]);
    expect([3, 5, made].map((n) => index.isLiveAddress(`10.0.0.${n}`))).toEqual([false, true, false]);
    expect([index.isLiveAddress(''), index.servers.length]).toEqual([false, made + 1]);
    expect(index.serversOf(group)).toEqual(servers);
  });

  it('gives a server to the first group that it is listed with, in the order of the listing', () => {
    const servers = [aServer(2), aServer(1, { groupId: undefined }), aServer(3, { groupId: other }), aServer(0), aServer(3), aServer(1)];
    const index = indexServers({ servers });
    expect([group, other, 'none' as GroupId].map((id) => index.serversOf(id).map((server) => server.id))).toEqual([
      ['s2', 's0'],
      ['s3'],
      [],
    ]);
  });
});

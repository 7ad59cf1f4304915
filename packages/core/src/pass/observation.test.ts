import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byId, type GroupId } from '../model/identifiers.ts';
import type { Server } from '../model/server.ts';
import { epochMs } from '../model/time.ts';
import { aServer } from '../testing/parts.ts';
import { indexServers, type ServerIndex } from './observation.ts';

const groups = ['group', 'other', undefined] as readonly (GroupId | undefined)[];
const listed = (servers: readonly Server[]) => ({ servers, cloudNow: epochMs(0) });

/** What an index answers about everything there could be, in whatever order. */
const answers = (index: ServerIndex) => ({
  servers: index.servers,
  groups: groups.map((id) => id && [...index.serversOf(id)].sort((a, b) => byId(a.id, b.id))),
  live: Array.from({ length: 12 }, (_, n) => index.isLiveAddress(aServer(n).servicenetAddress)),
  byId: Array.from({ length: 12 }, (_, n) => index.serverById(aServer(n).id)),
});

/** What happens to a listing: servers come, change, go to another group, go, are shown twice, or all are listed anew. */
interface Happening {
  readonly what: 'comes' | 'changes' | 'goes' | 'moves' | 'doubles' | 'reverses';
  readonly server: number;
  readonly groupId: GroupId | undefined;
}
const happening: fc.Arbitrary<Happening> = fc.record({
  what: fc.constantFrom('comes', 'changes', 'goes', 'moves', 'doubles', 'reverses'),
  server: fc.nat({ max: 11 }),
  groupId: fc.constantFrom(...groups),
});

function after(servers: readonly Server[], { what, server, groupId }: Happening): readonly Server[] {
  const { id } = aServer(server);
  const changed = (change: Partial<Server>): readonly Server[] => servers.map((one) => (one.id === id ? { ...one, ...change } : one));
  if (what === 'comes') return servers.some((one) => one.id === id) ? servers : [aServer(server, { groupId }), ...servers];
  if (what === 'changes') return changed({ state: 'ERROR' });
  if (what === 'moves') return changed({ groupId });
  if (what === 'goes') return servers.filter((one) => one.id !== id);
  return what === 'doubles' ? [...servers.slice(0, 2), ...servers] : [...servers].reverse();
}

describe('indexServers', () => {
  it('answers the same, whether it was made of the last index or anew', () => {
    fc.assert(
      fc.property(fc.array(fc.array(happening, { maxLength: 4 }), { maxLength: 8 }), (listings) => {
        let servers: readonly Server[] = [];
        let index = indexServers(listed(servers));
        for (const happened of listings) {
          servers = happened.reduce(after, servers);
          index = indexServers(listed(servers), index);
          expect(answers(index)).toEqual(answers(indexServers(listed(servers))));
        }
      }),
    );
  });

  it('finds servers and addresses in a listing, doubles once', () => {
    const made = 12;
    const servers = Array.from({ length: made }, (_, n) => aServer(n, { state: n === 3 ? 'DELETED' : 'ACTIVE' }));
    const index = indexServers(listed([...servers, aServer(5, { name: 'a double' })]));
    expect([index.serverById(aServer(5).id), index.serverById(aServer(made).id)]).toEqual([aServer(5), undefined]);
    expect([3, 5, made].map((n) => index.isLiveAddress(`10.0.0.${n}`))).toEqual([false, true, false]);
    expect([index.isLiveAddress(''), index.hasDoubles, index.serversOf('group' as GroupId).length]).toEqual([false, true, made]);
  });

  it('keeps the list of a group whose servers did not change', () => {
    const [a, b] = [aServer(1), aServer(2, { groupId: 'other' as GroupId })];
    const before = indexServers(listed([b, a]));
    const now = indexServers(listed([{ ...b, state: 'ERROR' }, a]), before);
    expect(now.serversOf('group' as GroupId)).toBe(before.serversOf('group' as GroupId));
    expect(now.serversOf('other' as GroupId)).toMatchObject([{ state: 'ERROR' }]);
  });
});

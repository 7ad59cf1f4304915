import { LutraError } from '@lutra/core';
import { answer } from '../answer.ts';
import { askedIn } from '../asking.ts';
import { groupOf, serverOf } from '../path-ids.ts';
import { booleanOf, pageOf, queryOf } from '../queries.ts';
import type { AddResource } from '../resources.ts';
import type { RestHost } from '../rest-host.ts';

/** The servers of a group: one can be taken out; the API has never shown them here (spec/rest.md, section 14). */
export function addServers(add: AddResource, { autoscaler }: RestHost): void {
  const notImplemented = (): never => {
    throw new LutraError('not-implemented', "A group's servers are shown by its state.");
  };
  add('/groups/:groupId/servers', {
    GET: (req) => {
      pageOf(req);
      notImplemented();
    },
  });
  add('/groups/:groupId/servers/:serverId', {
    GET: notImplemented,
    DELETE: async (req, res) => {
      const query = queryOf(req);
      const options = { replace: booleanOf(query, 'replace', true), purge: booleanOf(query, 'purge', true) };
      await askedIn(res, autoscaler).removeServer(groupOf(req), serverOf(req), options);
      answer(res, 202);
    },
  });
}

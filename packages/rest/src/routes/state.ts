import { answer } from '../answer.ts';
import { askedIn } from '../asking.ts';
import { groupOf } from '../path-ids.ts';
import { stateBody } from '../representations.ts';
import type { AddResource } from '../resources.ts';
import type { RestHost } from '../rest-host.ts';

/** How a group is, and what starts and stops its convergence; none of these reads a body (spec/rest.md, sections 6 and 13). */
export function addState(add: AddResource, { autoscaler }: RestHost): void {
  add('/groups/:groupId/state', {
    GET: async (req, res) => answer(res, 200, { group: stateBody(await autoscaler.groupState(groupOf(req))) }),
  });
  add('/groups/:groupId/pause', {
    POST: async (req, res) => {
      await askedIn(res, autoscaler).pauseGroup(groupOf(req));
      answer(res, 204);
    },
  });
  add('/groups/:groupId/resume', {
    POST: async (req, res) => {
      await askedIn(res, autoscaler).resumeGroup(groupOf(req));
      answer(res, 204);
    },
  });
  add('/groups/:groupId/converge', {
    POST: async (req, res) => {
      await askedIn(res, autoscaler).convergeGroup(groupOf(req));
      answer(res, 204);
    },
  });
}

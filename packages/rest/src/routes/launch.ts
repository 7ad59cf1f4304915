import { answer } from '../answer.ts';
import { askedIn } from '../asking.ts';
import { readBody } from '../bodies.ts';
import { groupOf } from '../path-ids.ts';
import type { AddResource } from '../resources.ts';
import type { RestHost } from '../rest-host.ts';
import { launchConfiguration, reachableLaunch } from '../schemas/launch-configuration.ts';

/** A group's launch configuration; PUT replaces it (spec/rest.md, section 8). */
export function addLaunch(add: AddResource, { autoscaler }: RestHost): void {
  add('/groups/:groupId/launch', {
    GET: async (req, res) => answer(res, 200, { launchConfiguration: await autoscaler.launchConfiguration(groupOf(req)) }),
    PUT: async (req, res) => {
      await askedIn(res, autoscaler).updateLaunchConfiguration(groupOf(req), reachableLaunch(await readBody(req, launchConfiguration)));
      answer(res, 204);
    },
  });
}

import { answer } from '../answer.ts';
import { askedIn } from '../asking.ts';
import { readBody } from '../bodies.ts';
import { groupOf } from '../path-ids.ts';
import type { AddResource } from '../resources.ts';
import type { RestHost } from '../rest-host.ts';
import { boundedConfiguration, groupConfiguration } from '../schemas/group.ts';

/** A group's configuration; PUT replaces it (spec/rest.md, section 7). */
export function addConfig(add: AddResource, { autoscaler }: RestHost): void {
  add('/groups/:groupId/config', {
    GET: async (req, res) => answer(res, 200, { groupConfiguration: await autoscaler.configuration(groupOf(req)) }),
    PUT: async (req, res) => {
      await askedIn(res, autoscaler).updateConfiguration(groupOf(req), boundedConfiguration(await readBody(req, groupConfiguration)));
      answer(res, 204);
    },
  });
}

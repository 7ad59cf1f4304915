import { answer } from '../answer.ts';
import { askedIn } from '../asking.ts';
import { refuseObserver } from '../auth/guard.ts';
import { nextPage } from '../links.ts';
import { groupOf, tenantOf } from '../path-ids.ts';
import { pageOf, queryOf, trueOrAbsent } from '../queries.ts';
import { readRepeatable } from '../repeating.ts';
import { groupBody, groupInList } from '../representations.ts';
import type { AddResource } from '../resources.ts';
import type { RestHost } from '../rest-host.ts';
import { boundedConfiguration, newGroup } from '../schemas/group.ts';
import { reachableLaunch } from '../schemas/launch-configuration.ts';
import { futurePolicies } from '../schemas/policy.ts';

/** The groups of a tenant, and each of them in full (spec/rest.md, sections 5 and 15). */
export function addGroups(add: AddResource, { autoscaler, clock, links }: RestHost): void {
  add('/groups', {
    GET: async (req, res) => {
      const tenantId = tenantOf(req);
      const page = pageOf(req);
      const groups = await autoscaler.listGroups(tenantId, page);
      answer(res, 200, {
        groups: groups.map((group) => groupInList(links, tenantId, group)),
        groups_links: nextPage(links.groups(tenantId), page, groups),
      });
    },
    POST: async (req, res) => {
      const tenantId = tenantOf(req);
      const { sent, caller } = await readRepeatable(req, newGroup);
      // An `at` that has passed since the first time is no mistake.
      const isRepeated = caller !== undefined && (await autoscaler.isRepeated({ command: 'create-group', tenantId }, caller));
      // The order of these checks decides which of several mistakes is told.
      const scalingPolicies = isRepeated ? sent.scalingPolicies : futurePolicies(sent.scalingPolicies, clock.now());
      const groupConfiguration = boundedConfiguration(sent.groupConfiguration);
      const launchConfiguration = reachableLaunch(sent.launchConfiguration);
      const asked = { tenantId, groupConfiguration, launchConfiguration, scalingPolicies };
      const group = await askedIn(res, autoscaler).createGroup(asked, caller);
      res.setHeader('Location', links.group({ tenantId, groupId: group.id }));
      answer(res, 201, { group: groupBody(links, tenantId, group, false) });
    },
  });

  add('/groups/:groupId', {
    GET: async (req, res) => {
      const ref = groupOf(req);
      const webhooks = queryOf(req).get('webhooks')?.toLowerCase() === 'true';
      if (webhooks) refuseObserver(res);
      const group = await autoscaler.showGroup(ref);
      answer(res, 200, { group: groupBody(links, ref.tenantId, group, webhooks) });
    },
    DELETE: async (req, res) => {
      await askedIn(res, autoscaler).deleteGroup(groupOf(req), { force: trueOrAbsent(queryOf(req), 'force') });
      answer(res, 204);
    },
  });
}

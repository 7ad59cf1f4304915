import type { PolicyDefinition } from '@lutra/core';
import { answer } from '../answer.ts';
import { askedIn } from '../asking.ts';
import { readBody } from '../bodies.ts';
import { nextPage } from '../links.ts';
import { groupOf, policyOf } from '../path-ids.ts';
import { pageOf } from '../queries.ts';
import { readRepeatable } from '../repeating.ts';
import { policyBody } from '../representations.ts';
import type { AddResource } from '../resources.ts';
import type { RestHost } from '../rest-host.ts';
import { futurePolicies, newPolicies, policy } from '../schemas/policy.ts';

/** The scaling policies of a group (spec/rest.md, section 9). */
export function addPolicies(add: AddResource, { autoscaler, clock, links }: RestHost): void {
  add('/groups/:groupId/policies', {
    GET: async (req, res) => {
      const ref = groupOf(req);
      const page = pageOf(req);
      const policies = await autoscaler.listPolicies(ref, page);
      answer(res, 200, {
        policies: policies.map((each) => policyBody(links, ref, each)),
        policies_links: nextPage(links.policies(ref), page, policies),
      });
    },
    POST: async (req, res) => {
      const ref = groupOf(req);
      const { sent, caller } = await readRepeatable(req, newPolicies);
      // An `at` that has passed since the first time is no mistake.
      const isRepeated = caller !== undefined && (await autoscaler.isRepeated({ command: 'create-policies', ...ref }, caller));
      const definitions = isRepeated ? sent : futurePolicies(sent, clock.now());
      const policies = await askedIn(res, autoscaler).createPolicies(ref, definitions, caller);
      res.setHeader('Location', links.policies(ref));
      answer(res, 201, { policies: policies.map((each) => policyBody(links, ref, each)) });
    },
  });

  add('/groups/:groupId/policies/:policyId', {
    GET: async (req, res) => {
      const ref = policyOf(req);
      answer(res, 200, { policy: policyBody(links, ref, await autoscaler.showPolicy(ref)) });
    },
    PUT: async (req, res) => {
      const definition: PolicyDefinition = await readBody(req, policy);
      futurePolicies([definition], clock.now());
      await askedIn(res, autoscaler).updatePolicy(policyOf(req), definition);
      answer(res, 204);
    },
    DELETE: async (req, res) => {
      await askedIn(res, autoscaler).deletePolicy(policyOf(req));
      answer(res, 204);
    },
  });
}

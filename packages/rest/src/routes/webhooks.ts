import { answer } from '../answer.ts';
import { askedIn } from '../asking.ts';
import { showingCapabilities } from '../auth/guard.ts';
import { readBody } from '../bodies.ts';
import { nextPage } from '../links.ts';
import { policyOf, webhookOf } from '../path-ids.ts';
import { pageOf } from '../queries.ts';
import { readRepeatable } from '../repeating.ts';
import { webhookBody } from '../representations.ts';
import type { AddResource } from '../resources.ts';
import type { RestHost } from '../rest-host.ts';
import { newWebhooks, webhook } from '../schemas/webhook.ts';

/** The webhooks of a policy, with their capability URLs (spec/rest.md, section 11). */
export function addWebhooks(add: AddResource, { autoscaler, links }: RestHost): void {
  add('/groups/:groupId/policies/:policyId/webhooks', {
    GET: showingCapabilities(async (req, res) => {
      const ref = policyOf(req);
      const page = pageOf(req);
      const webhooks = await autoscaler.listWebhooks(ref, page);
      answer(res, 200, {
        webhooks: webhooks.map((each) => webhookBody(links, ref, each)),
        webhooks_links: nextPage(links.webhooks(ref), page, webhooks),
      });
    }),
    POST: async (req, res) => {
      const ref = policyOf(req);
      const { sent, caller } = await readRepeatable(req, newWebhooks);
      const webhooks = await askedIn(res, autoscaler).createWebhooks(ref, sent, caller);
      res.setHeader('Location', links.webhooks(ref));
      answer(res, 201, { webhooks: webhooks.map((each) => webhookBody(links, ref, each)) });
    },
  });

  add('/groups/:groupId/policies/:policyId/webhooks/:webhookId', {
    GET: showingCapabilities(async (req, res) => {
      const ref = webhookOf(req);
      answer(res, 200, { webhook: webhookBody(links, ref, await autoscaler.showWebhook(ref)) });
    }),
    PUT: async (req, res) => {
      await askedIn(res, autoscaler).updateWebhook(webhookOf(req), await readBody(req, webhook));
      answer(res, 204);
    },
    DELETE: async (req, res) => {
      await askedIn(res, autoscaler).deleteWebhook(webhookOf(req));
      answer(res, 204);
    },
  });
}

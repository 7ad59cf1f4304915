import { formatInstant, type ObservedPart, type SetSwitch } from '@lutra/core';
import type { Request } from 'express';
import { answer } from '../answer.ts';
import { askedIn } from '../asking.ts';
import { readBody } from '../bodies.ts';
import { groupOf, tenantOf } from '../path-ids.ts';
import type { AddResource } from '../resources.ts';
import type { RestHost } from '../rest-host.ts';
import { observeOnly, stop } from '../schemas/switch.ts';

/** What holds writes back on all hosts, or for a tenant or a group. For operators. */
export function addAdmin(add: AddResource, { autoscaler }: RestHost): void {
  const shownStop = async () => {
    const { stopAll } = await autoscaler.switches();
    return { stop: { stopped: stopAll !== null, ...said(stopAll) } };
  };
  add('/stop', {
    GET: async (_req, res) => answer(res, 200, await shownStop()),
    PUT: async (req, res) => {
      const { stopped, reason } = await readBody(req, stop);
      const asked = askedIn(res, autoscaler);
      await (stopped ? asked.stopAll(reason) : asked.resumeAll());
      answer(res, 200, await shownStop());
    },
  });

  add('/observe-only', {
    GET: async (_req, res) => {
      const { observedTenants, observedGroups } = await autoscaler.switches();
      answer(res, 200, {
        tenants: observedTenants.map(({ tenantId, ...set }) => ({ tenantId, ...said(set) })),
        groups: observedGroups.map(({ tenantId, groupId, ...set }) => ({ tenantId, groupId, ...said(set) })),
      });
    },
  });
  const shownPart = async ({ tenantId, groupId }: ObservedPart) => {
    const { observedTenants, observedGroups } = await autoscaler.switches();
    const set: SetSwitch | undefined =
      groupId === undefined
        ? observedTenants.find((one) => one.tenantId === tenantId)
        : observedGroups.find((one) => one.tenantId === tenantId && one.groupId === groupId);
    return { observeOnly: set !== undefined, ...said(set ?? null) };
  };
  const ofPart = (partOf: (req: Request) => ObservedPart): Parameters<AddResource>[1] => ({
    GET: async (req, res) => answer(res, 200, await shownPart(partOf(req))),
    PUT: async (req, res) => {
      const body = await readBody(req, observeOnly);
      const asked = askedIn(res, autoscaler);
      await (body.observeOnly ? asked.observeOnly(partOf(req), body.reason) : asked.endObserveOnly(partOf(req)));
      answer(res, 200, await shownPart(partOf(req)));
    },
  });
  add(
    '/observe-only/:tenantId',
    ofPart((req) => ({ tenantId: tenantOf(req) })),
  );
  add('/observe-only/:tenantId/:groupId', ofPart(groupOf));
}

/** Since when a switch is set, by whom and why. */
const said = (set: SetSwitch | null) => ({
  since: set && formatInstant(set.since),
  by: set?.by ?? null,
  reason: set?.reason ?? null,
});

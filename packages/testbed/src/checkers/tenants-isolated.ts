import { between, type EpochMs, milliseconds, seconds, type TenantId } from '@lutra/core';
import type { CheckerKind } from './checker.ts';

/** A tenant whose cloud met no fault for so long is well. */
const quiet = seconds(600);
/** The engine begins with something new within this time. */
const atOnce = milliseconds(10_000);

/**
 * Faults of one tenant hold up no other: when another capacity is desired of a group whose tenant's own cloud has met no fault
 * lately, the cloud hears of it within seconds, whatever goes on elsewhere. Nobody's call meets a fault that is another's.
 */
export const tenantsIsolated: CheckerKind = {
  name: 'tenants-isolated',
  make: ({ groups, now, violate }) => {
    const faultedAt = new Map<TenantId, EpochMs>();
    const waiting = new Map<TenantId, { readonly since: EpochMs; readonly name: string }>();
    const tenantOf = new Map<number, TenantId>();
    const judge = (at: EpochMs): void => {
      for (const [tenantId, { since, name }] of waiting) {
        if (between(since, at) <= atOnce) return; // the oldest come first
        waiting.delete(tenantId);
        const group = [...groups.values()].find((one) => one.name === name);
        if (group?.paused !== true)
          violate(`nothing was asked of a healthy cloud within ${atOnce / 1000} s of another capacity being desired`, group);
      }
    };
    return {
      saw: ({ of, event }) => {
        judge(event.at);
        if (of === 'cloud') {
          if (event.kind === 'called') {
            tenantOf.set(event.call, event.tenantId);
            waiting.delete(event.tenantId);
          } else if (event.kind === 'answered') tenantOf.delete(event.call);
          else if (event.kind === 'faulted') {
            faultedAt.set(event.tenantId, event.at);
            waiting.delete(event.tenantId);
            const sentBy = tenantOf.get(event.call);
            if (sentBy !== undefined && sentBy !== event.tenantId)
              violate(`a call of tenant ${sentBy} met a fault of tenant ${event.tenantId}`);
          }
        } else if (of === 'engine' && event.kind === 'desired-changed' && event.from !== event.to) {
          const last = faultedAt.get(event.tenantId);
          if (last !== undefined && between(last, event.at) < quiet) return;
          const name = groups.get(event.groupId)?.name;
          if (name !== undefined && !waiting.has(event.tenantId)) waiting.set(event.tenantId, { since: event.at, name });
        }
      },
      ended: () => judge(now()),
    };
  },
};

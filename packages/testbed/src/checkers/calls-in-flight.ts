import { between, type EpochMs, type TenantId } from '@lutra/core';
import type { OperationName } from '@lutra/simulator';
import type { CheckerKind } from './checker.ts';

interface InFlight {
  readonly tenantId: TenantId;
  readonly op: OperationName;
  readonly at: EpochMs;
}

/** Of each tenant no more creates and deletes are in flight at once than the engine says. One that it must have given up counts no longer. */
export const callsInFlight: CheckerKind = {
  name: 'calls-in-flight',
  make: ({ mostInFlight, callDeadline, violate }) => {
    const open = new Map<number, InFlight>();
    return {
      saw: ({ of, event }) => {
        if (of !== 'cloud') return;
        if (event.kind === 'called') {
          const most = mostInFlight[event.op];
          if (most === undefined) return;
          open.set(event.call, event);
          let count = 0;
          for (const [call, { tenantId, op, at }] of open) {
            if (between(at, event.at) >= callDeadline) open.delete(call);
            else if (tenantId === event.tenantId && op === event.op) count += 1;
          }
          if (count > most)
            violate(`${count} calls of ${event.op} of tenant ${event.tenantId} are in flight at once, ${most} at most may be`);
        } else if (event.kind === 'answered' && event.answer !== 'never') open.delete(event.call);
      },
    };
  },
};

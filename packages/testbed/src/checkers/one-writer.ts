import { between, type EpochMs } from '@lutra/core';
import type { OperationName } from '@lutra/simulator';
import type { CheckerKind } from './checker.ts';

const writes: ReadonlySet<OperationName> = new Set<OperationName>(['node.add', 'node.change', 'node.remove']);

/** At most one write to a load balancer is in flight: overlapping ones can break it (spec/providers.md, section 4.8). One that the engine must have given up counts no longer. */
export const oneWriter: CheckerKind = {
  name: 'one-writer',
  make: ({ callDeadline, violate }) => {
    const inFlight = new Map<string, { readonly call: number; readonly op: OperationName; readonly at: EpochMs }>();
    const placeOf = new Map<number, string>();
    return {
      saw: ({ of, event }) => {
        if (of !== 'cloud') return;
        if (event.kind === 'called' && writes.has(event.op)) {
          const [loadBalancerId = ''] = event.key.split('/');
          const place = `${event.tenantId}/${loadBalancerId}`;
          const other = inFlight.get(place);
          if (other !== undefined && between(other.at, event.at) < callDeadline)
            violate(`${event.op} was sent to load balancer ${loadBalancerId} while ${other.op} was in flight`);
          inFlight.set(place, { call: event.call, op: event.op, at: event.at });
          placeOf.set(event.call, place);
        } else if (event.kind === 'answered') {
          const place = placeOf.get(event.call);
          if (place === undefined) return;
          placeOf.delete(event.call);
          // No answer at all: the engine waits for it until its deadline, and so do we.
          if (event.answer !== 'never' && inFlight.get(place)?.call === event.call) inFlight.delete(place);
        }
      },
    };
  },
};

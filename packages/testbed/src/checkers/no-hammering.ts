import { between, type EpochMs, seconds } from '@lutra/core';
import type { CheckerKind } from './checker.ts';

/** Identical calls that failed, one after another: so many may begin within this time. A call may be tried three times at once. */
const window = seconds(10);
const most = 8;
/** After a create was refused for good: so many more of the same group may begin, until somebody asks for something. */
const mostInVain = 3;
const settlesWithin = seconds(60);

interface Sent {
  readonly what: string;
  readonly at: EpochMs;
  readonly create: string | undefined;
}

/**
 * What fails is not sent again and again: identical calls that keep failing are apart, and a create that was refused for good (400 and
 * 403 of Nova) is not tried anew, beyond the few that were decided already, before a command, a minute, or a create that was taken.
 */
export const noHammering: CheckerKind = {
  name: 'no-hammering',
  make: ({ violate }) => {
    const sent = new Map<number, Sent>();
    const failures = new Map<string, EpochMs[]>();
    const refused = new Map<string, { readonly at: EpochMs; since: number }>();
    return {
      saw: ({ of, event }) => {
        if (of === 'scenario' || (of === 'engine' && (event.kind === 'command-accepted' || event.kind === 'desired-changed')))
          refused.clear();
        if (of !== 'cloud') return;
        if (event.kind === 'called') {
          const told = JSON.stringify(event.told);
          const create = event.op === 'server.create' ? `${event.tenantId} ${told}` : undefined;
          const what = `${event.op} ${event.tenantId} ${create === undefined ? event.key : ''} ${told}`;
          sent.set(event.call, { what, at: event.at, create });
          const earlier = (failures.get(what) ?? []).filter((at) => between(at, event.at) < window);
          if (create === undefined && earlier.length >= most) {
            violate(`${event.op} of ${event.key || 'all'} has failed ${earlier.length} times within ${window / 1000} s, and is sent again`);
            failures.delete(what);
          }
          const no = create === undefined ? undefined : refused.get(create);
          if (no === undefined || between(no.at, event.at) > settlesWithin) return;
          no.since += 1;
          if (no.since === mostInVain + 1)
            violate(`creates go on (${no.since} within ${settlesWithin / 1000} s) after one was refused for good`);
        } else if (event.kind === 'answered') {
          const call = sent.get(event.call);
          sent.delete(event.call);
          if (call === undefined) return;
          if (event.answer === 'done') {
            failures.delete(call.what);
            if (call.create !== undefined) refused.delete(call.create); // it was not in vain
            return;
          }
          const times = (failures.get(call.what) ?? []).filter((at) => between(at, event.at) < window);
          failures.set(call.what, [...times, call.at]);
          if (call.create !== undefined && /^40[03] /.test(String(event.told)) && !refused.has(call.create)) {
            refused.set(call.create, { at: event.at, since: 0 });
          }
        }
      },
    };
  },
};

/** A simulated cloud with faults, for tests of this package. Not part of its public API. */
import { CloudError, later, seconds } from '@lutra/core';
import { patient, type SmallCloud, smallCloud } from './small-cloud.ts';

/** A rule without an id: what is tested is one fault. */
export const rule = (fault: string, params: object = {}, when: object = {}, more: object = {}): object => ({
  id: `${fault} ${JSON.stringify(when)}`,
  when,
  do: { fault, params, ...more },
});

/** A cloud with these rules in force. */
export const faulty = (...rules: readonly object[]): SmallCloud => smallCloud({ faults: rules });

/** What a call comes to within a minute: what it answers, or the error that it ends with; `silence` when neither comes. */
export async function outcomeOf({ settle, clock }: SmallCloud, call: Promise<unknown>): Promise<unknown> {
  const silence = new Promise((resolve) => clock.after(seconds(60)).subscribe(() => resolve('silence')));
  const settled = call.then(
    (value) => value,
    (error: unknown) =>
      error instanceof CloudError
        ? { kind: error.kind, message: error.message, tenantMessage: error.tenantMessage, retryAfter: error.retryAfter }
        : error,
  );
  return settle(Promise.race([settled, silence]));
}

/** How long a call takes, in seconds. */
export async function secondsOf({ settle, clock }: SmallCloud, call: Promise<unknown>): Promise<number> {
  const before = clock.now();
  await settle(call.catch(() => undefined));
  return (clock.now() - before) / 1000;
}

/** Lets so many seconds pass. */
export const passSeconds = ({ clock }: SmallCloud, count: number): Promise<void> => clock.runUntil(later(clock.now(), seconds(count)));

export { patient };

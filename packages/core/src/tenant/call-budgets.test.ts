import { NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { CloudError } from '../errors.ts';
import { epochMs, seconds } from '../model/time.ts';
import { CallBudgets } from './call-budgets.ts';

const setUp = (inFlight: number) => {
  let now = 0;
  const clock = { now: () => epochMs(now), after: () => NEVER };
  const budgets = new CallBudgets(clock, inFlight, seconds(60));
  const advance = (by: number): void => {
    now += by;
  };
  return { budgets, advance };
};
const limited = async (): Promise<never> => {
  throw new CloudError('rate-limited', 'OverLimit Retry...', { retryAfter: seconds(5) });
};

describe('CallBudgets', () => {
  it('sends nothing of a service and verb until the time that the cloud asked for is over', async () => {
    const { budgets, advance } = setUp(5);
    let sent = 0;
    const call = async () => (sent += 1);
    await expect(budgets.run('nova POST', limited)).rejects.toMatchObject({ kind: 'rate-limited' });
    advance(4999);
    await expect(budgets.run('nova POST', call)).rejects.toMatchObject({ kind: 'rate-limited', retryAfter: 1 });
    await budgets.run('nova GET', call);
    expect(sent).toBe(1);
    advance(1);
    await budgets.run('nova POST', call);
    expect(sent).toBe(2);
  });

  it('keeps the longer of two closures', async () => {
    const { budgets, advance } = setUp(5);
    const asking = (after: number) => async (): Promise<never> => {
      throw new CloudError('rate-limited', 'OverLimit Retry...', { retryAfter: seconds(after) });
    };
    await Promise.allSettled([budgets.run('nova POST', asking(30)), budgets.run('nova POST', asking(5))]);
    advance(29_999);
    await expect(budgets.run('nova POST', limited)).rejects.toMatchObject({ retryAfter: 1 });
  });

  it('keeps no more calls in flight than its bound, per service and verb', async () => {
    const { budgets } = setUp(2);
    let open = 0;
    let most = 0;
    const call = async () => {
      open += 1;
      most = Math.max(most, open);
      await new Promise<void>((resolve) => setImmediate(resolve));
      open -= 1;
    };
    await Promise.all(Array.from({ length: 9 }, () => budgets.run('clb PUT', call)));
    expect(most).toBe(2);
  });
});

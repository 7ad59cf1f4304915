import { describe, expect, it } from 'vitest';
import { epochMs } from '../model/time.ts';
import { CreateAllowance } from './create-allowance.ts';

describe('CreateAllowance', () => {
  it('lets so many servers be created within any hour, and says when the next may be', () => {
    const allowance = new CreateAllowance(10);
    allowance.created(4, epochMs(0));
    allowance.created(6, epochMs(1000));
    expect(allowance.left(epochMs(2000))).toEqual({ count: 0, until: 3_600_000 });
    expect(allowance.left(epochMs(3_600_000))).toEqual({ count: 4, until: 3_601_000 });
    expect(allowance.left(epochMs(3_601_000))).toMatchObject({ count: 10 });
  });

  it('counts nothing where nothing is bounded', () => {
    const allowance = new CreateAllowance(null);
    allowance.created(1_000_000, epochMs(0));
    expect(allowance.left(epochMs(0))).toBeUndefined();
  });
});

import { milliseconds } from '../model/time.ts';
import type { StoreBounds } from '../ports/store.ts';

const day = 86_400_000;

/** What a store keeps when it is not told otherwise. */
export const defaultBounds: StoreBounds = {
  activityPerGroup: 1000,
  activityPerTenant: 100_000,
  activityAge: milliseconds(30 * day),
  nodeRecordsPerTenant: 100_000,
  tombstonesPerTenant: 10_000,
  tombstoneAge: milliseconds(day),
};

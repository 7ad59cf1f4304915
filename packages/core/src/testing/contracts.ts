/** Contract suites of the ports, in vitest: run them over an implementation of your own. */
export { type ActivityStore, type ActivityUnderTest, activityBounds, describeActivity } from './activity-contract.ts';
export { type ClockUnderTest, describeClock } from './clock-contract.ts';
export { describeInterleavings, type HeldStoreUnderTest } from './interleavings-contract.ts';
export { describeOwnership, type OwnershipUnderTest } from './ownership-contract.ts';
export { describeRandom } from './random-contract.ts';
export { describeStore, type StoreUnderTest } from './store-contract.ts';
export { describeTenants, tenantBounds } from './tenant-contract.ts';

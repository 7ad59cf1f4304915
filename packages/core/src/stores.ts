/** What a store is made with (`@lutra/core/stores`): rules that are the same for every store, and the types of what it keeps. */
export { reasonOf, refuse } from './errors.ts';
export { entriesLookedAt, type NotedEntry, noteEntry } from './model/activity.ts';
export { type CreatesChange, changeGroup, type GroupChange, intentKey, isNoChange, type TableChange } from './model/group-change.ts';
export { type NodeRecord, nodeRecordKey, type Tombstone } from './model/node-record.ts';
export type { Heartbeat, HostIncarnation, Member, MemberState, Ownership, UnownedTenant } from './model/ownership.ts';
export { mostObserved, type SetSwitch, type Switches, type SwitchNote, setSwitch } from './model/switches.ts';
export { instantWithin } from './model/time.ts';
export { dueAtOf } from './model/wake-ups.ts';
export type { GroupStateRow, Secrets, StoreBounds } from './ports/store.ts';
export { closing } from './store/closing.ts';
export { defaultBounds } from './store/default-bounds.ts';
export { plainSecrets } from './store/plain-secrets.ts';

/** The public API of the embedded store. Everything not named here is internal. */
export { backUpStore } from './backup.ts';
export { type FileStore, type OpenOptions, openSimulatedSqliteStore, openSqliteStore } from './open.ts';
export { removeStore } from './remove.ts';
export { type Repair, type RepairOptions, repairStore } from './repair.ts';
export { type Restored, type RestoreOptions, restoreStore } from './restore.ts';
export { type RotateOptions, rotateSecrets } from './rotate.ts';
export type { SavedTable } from './salvage.ts';
export type { StoreStatus } from './status.ts';
export { isSameFile, type StoreContents } from './whole-file.ts';

/** The public API of the embedded store. Everything not named here is internal. */
export { type FileStore, type OpenOptions, openSimulatedSqliteStore, openSqliteStore } from './open.ts';
export { removeStore } from './remove.ts';
export type { StoreStatus } from './status.ts';

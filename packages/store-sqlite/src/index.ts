/** The public API of the embedded store. Everything not named here is internal. */
export { type OpenOptions, openSimulatedSqliteStore, openSqliteStore } from './open.ts';

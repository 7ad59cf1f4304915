/** The public API of the REST host. Everything not named here is internal. */
export { createRestApp, type RestAppOptions } from './app.ts';
export { type KeystoneOptions, keystoneAuthenticator } from './auth/keystone.ts';
export type { KeystoneCredentials } from './auth/keystone-versions.ts';
export { type Authenticator, defaultRoles, type Principal, type Role, type RoleNames } from './auth/principal.ts';
export { type TokenList, tokenList } from './auth/tokens.ts';
export { type ListeningHost, type ListenOptions, listen } from './listening.ts';
export { createMetrics, type HostMetrics, type StoreFile } from './metrics.ts';
export { parseRate, type Rate } from './rate-limits.ts';
export type { Rates } from './rates.ts';
export { redact, redactText } from './redaction.ts';
export type { HealthReport } from './routes/health.ts';
export { starting } from './starting.ts';

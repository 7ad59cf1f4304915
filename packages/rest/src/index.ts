/** The public API of the REST host. Everything not named here is internal. */
export { createRestApp, type RestAppOptions } from './app.ts';
export type { HealthReport } from './routes/health.ts';
export { type ListeningHost, type ListenOptions, listen } from './server.ts';

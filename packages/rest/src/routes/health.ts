import type { Log } from '@lutra/core';
import { answer } from '../answer.ts';
import type { AddResource } from '../resources.ts';

/** Whether the host works, and what it looked at; every key but `healthy` is one check. */
export interface HealthReport {
  readonly healthy: boolean;
  readonly [check: string]: unknown;
}

/** GET /health: always 200 while the process answers; the body says how it is. */
export function addHealth(add: AddResource, check: () => Promise<HealthReport>, log: Log): void {
  add('/health', {
    GET: async (_req, res) => {
      const report = await check().catch((error: unknown): HealthReport => {
        log.error({ error }, 'the health check failed');
        return { healthy: false };
      });
      answer(res, 200, report);
    },
  });
}

import type { Log } from '@lutra/core';
import { answer, answerText } from '../answer.ts';
import type { HostMetrics } from '../metrics.ts';
import type { AddResource } from '../resources.ts';

/** Whether the host works, and what it looked at; every key but `healthy` is one check. */
export interface HealthReport {
  readonly healthy: boolean;
  readonly [check: string]: unknown;
}

/**
 * How the host is. GET /health: always 200 while the process answers; the body says how it is. GET /health/live: 200 while the process
 * answers. GET /health/ready: 200 when it should get requests, else 503, with the same body.
 */
export function addHealth(add: AddResource, check: () => Promise<HealthReport>, log: Log): void {
  const report = (): Promise<HealthReport> =>
    check().catch((error: unknown): HealthReport => {
      log.error({ error }, 'the health check failed');
      return { healthy: false };
    });
  add('/health', { GET: async (_req, res) => answer(res, 200, await report()) });
  add('/health/live', { GET: (_req, res) => answer(res, 200, { healthy: true }) });
  add('/health/ready', {
    GET: async (_req, res) => {
      const found = await report();
      answer(res, found.healthy ? 200 : 503, found);
    },
  });
}

/** GET /metrics: everything that is measured, for Prometheus. */
export function addMetrics(add: AddResource, metrics: HostMetrics): void {
  add('/metrics', { GET: async (_req, res) => answerText(res, 200, metrics.contentType, await metrics.text()) });
}

/**
 * What a host measures, as Prometheus reads it. Labels come from closed sets (route patterns, statuses, kinds), never from what clients
 * send, so the number of series is bounded.
 */
import {
  between,
  type Clock,
  type Cloud,
  CloudError,
  type DurationMs,
  type EpochMs,
  type GroupEvent,
  type Metrics,
  milliseconds,
} from '@lutra/core';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Observable } from 'rxjs';

/** How the file of a store is. */
export interface StoreFile {
  /** Size of the database, and of its log of what is not in it yet. */
  readonly bytes: number;
  readonly logBytes: number;
  /** How long the newest commit took until it was on the disk; null before the first. */
  readonly lastCommit: DurationMs | null;
}

/** The metrics of one host. */
export interface HostMetrics {
  /** For `createAutoscaler`. */
  readonly engine: Metrics;
  /** The same cloud, each of its calls measured. */
  metered(cloud: Cloud): Cloud;
  /** Follows which groups have not converged, for the age of the oldest. */
  watch(events$: Observable<GroupEvent>): void;
  /** Shows how the file of the store is; call it once. */
  watchStore(status: () => StoreFile): void;
  /** A request was answered. `route`: the pattern of its path; `none` where there is none. */
  requestEnded(route: string, method: string, status: number, took: DurationMs): void;
  /** Everything, in the text format of Prometheus. */
  text(): Promise<string>;
  readonly contentType: string;
}

const inSeconds = (span: DurationMs): number => Math.max(0, span) / 1000;

/** Metrics that start at zero. `clock`: that of the host. */
export function createMetrics(clock: Clock): HostMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, labelNames: readonly L[], buckets: number[]) =>
    new Histogram({ name, help, labelNames, buckets, registers });
  const quick = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
  const long = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];

  const requests = counter('lutra_http_requests_total', 'Requests answered', ['route', 'method', 'status']);
  const requestTime = histogram('lutra_http_request_seconds', 'Time from the head of a request to the end of its answer', ['route'], quick);
  const convergence = histogram('lutra_convergence_seconds', 'Time from the last command of a group until it has converged', [], long);
  const passes = counter('lutra_passes_total', 'Passes over groups, by how they ended', ['end']);
  const passTime = histogram('lutra_pass_seconds', 'Duration of passes with their wait for a slot', [], long);
  const steps = counter('lutra_steps_total', 'Writing steps of passes, by whether the cloud did them', ['kind', 'effect']);
  const wakeUps = histogram('lutra_wake_up_lag_seconds', 'Time from when a group is due until it is looked at', [], quick);
  const calls = counter('lutra_cloud_calls_total', 'Calls to the cloud: ok, or the kind of their error', ['operation', 'status']);
  const callTime = histogram('lutra_cloud_call_seconds', 'Duration of calls to the cloud', ['operation'], [...quick, 30, 45]);

  const skews = new Gauge({
    name: 'lutra_cloud_clock_skew_seconds',
    help: "How far the cloud's clock is ahead of ours, by the last server listing",
    registers,
  });

  const stopped = new Gauge({
    name: 'lutra_stopped',
    help: '1 while operators have stopped all hosts: no write to the cloud starts',
    registers,
  });

  const { since, follow } = pendingGroups();
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  gauge('lutra_pending_groups', 'Groups that have not converged', () => since.size);
  gauge('lutra_pending_age_seconds', 'Age of the oldest command that has not converged', () => {
    const [oldest] = since.values();
    return oldest === undefined ? 0 : inSeconds(between(oldest, clock.now()));
  });

  const meteredCall =
    (operation: string, call: (...args: unknown[]) => Promise<unknown>) =>
    async (...args: unknown[]): Promise<unknown> => {
      const begun = clock.now();
      let status = 'ok';
      try {
        return await call(...args);
      } catch (error) {
        status = error instanceof CloudError ? error.kind : 'error';
        throw error;
      } finally {
        calls.inc({ operation, status });
        callTime.observe({ operation }, inSeconds(between(begun, clock.now())));
      }
    };

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    engine: {
      wokeUp: (lag) => wakeUps.observe(inSeconds(lag)),
      passEnded: (end, took) => {
        passes.inc({ end });
        passTime.observe(inSeconds(took));
      },
      stepEnded: (kind, effect) => steps.inc({ kind, effect }),
      converged: (took) => convergence.observe(inSeconds(took)),
      clockSkew: (skew) => skews.set(skew / 1000),
      stopped: (isStopped) => stopped.set(Number(isStopped)),
    },
    metered: (cloud) => {
      const wrapped = new Map<PropertyKey, unknown>();
      return new Proxy(cloud, {
        get: (target, name) => {
          const method: unknown = Reflect.get(target, name);
          if (typeof method !== 'function' || name === 'events$') return typeof method === 'function' ? method.bind(target) : method;
          if (!wrapped.has(name)) wrapped.set(name, meteredCall(String(name), method.bind(target)));
          return wrapped.get(name);
        },
      });
    },
    watch: (events$) => {
      events$.subscribe((event) => follow(event));
    },
    watchStore: (status) => {
      gauge('lutra_store_bytes', 'Size of the store', () => status().bytes);
      gauge('lutra_store_log_bytes', 'Size of the log of what is not in the store yet', () => status().logBytes);
      gauge('lutra_store_last_commit_seconds', 'How long the newest commit took until it was on the disk', () =>
        inSeconds(status().lastCommit ?? milliseconds(0)),
      );
    },
    requestEnded: (route, method, status, took) => {
      requests.inc({ route, method: knownMethods.has(method) ? method : 'other', status });
      requestTime.observe({ route }, inSeconds(took));
    },
  };
}

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']);

/** Commands that ask for convergence. */
const raising = new Set([
  ...['create-group', 'update-configuration', 'resume', 'converge'],
  ...['delete-group', 'remove-server', 'execute-policy', 'run-schedule'],
]);

/** Whether the event leaves nothing to wait for: in ERROR somebody has to act first. */
const isOver = (event: GroupEvent): boolean =>
  event.kind === 'group-removed' || (event.kind === 'pass-ended' && (event.outcome === 'converged' || event.outcome === 'failed'));

/** Since when each group has not converged, the oldest first; a paused group waits for nothing. */
function pendingGroups(): { readonly since: ReadonlyMap<string, EpochMs>; follow(event: GroupEvent): void } {
  const since = new Map<string, EpochMs>();
  const paused = new Set<string>();
  return {
    since,
    follow: (event) => {
      const key = `${event.tenantId}/${event.groupId}`;
      const command = event.kind === 'command-accepted' ? event.command : undefined;
      if (command === 'pause') paused.add(key);
      if (command === 'resume' || command === 'delete-group' || event.kind === 'group-removed') paused.delete(key);
      if (isOver(event) || paused.has(key)) since.delete(key);
      else if ((event.kind === 'pass-ended' || (command !== undefined && raising.has(command))) && !since.has(key))
        since.set(key, event.at);
    },
  };
}

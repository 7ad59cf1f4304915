/** A host: an engine on a store, and its REST API, whatever the cloud is. */
import { type Autoscaler, type Clock, type Cloud, createAutoscaler, type Log, type Random } from '@lutra/core';
import { type Authenticator, createMetrics, createRestApp } from '@lutra/rest';
import type { Config } from './config.ts';
import { healthOf } from './health.ts';
import { limitsFor } from './limiting.ts';
import type { ApiPort } from './listening.ts';
import { logEvents } from './log.ts';
import type { OpenData } from './opening-data.ts';

/** What a host is made of. */
export interface HostParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly cloud: Cloud;
  readonly data: OpenData;
  /** Where it listens; until now it answers 503. */
  readonly api: ApiPort;
  /** Who may call it; undefined: anybody may. */
  readonly authenticator: Authenticator | undefined;
}

/** A host that runs. */
export interface RunningHost {
  readonly autoscaler: Autoscaler;
  /** Takes no more requests, and resolves when those in flight and the calls to the cloud have ended. The store stays open. */
  stop(): Promise<void>;
}

/** Starts a host, which answers requests from now on. */
export function runHost({ config, clock, random, log, cloud, data, api, authenticator }: HostParts): RunningHost {
  const { host, options } = config;
  const metrics = createMetrics(clock);
  const { quotas, rates } = limitsFor(config);
  const autoscaler = createAutoscaler({
    cloud: metrics.metered(cloud),
    store: data.store,
    host: data.host,
    clock,
    random,
    log,
    options,
    metrics: metrics.engine,
    limitsOf: quotas,
  });
  metrics.watch(autoscaler.events$);
  if (data.status !== undefined) metrics.watchStore(data.status);
  logEvents(autoscaler, log);
  let stopping = false;
  const watched = { metrics, health: () => healthOf({ ...data, observeOnly: options.observeOnly }, clock, stopping) };
  const limited = { limits: quotas, rates, trustedProxies: config.trustedProxies };
  const pages = { host, allowedOrigins: config.allowedOrigins };
  const authenticated = authenticator === undefined ? {} : { authenticator };
  api.serve(createRestApp({ autoscaler, clock, random, urlRoot: api.urlRoot, log, pages, ...watched, ...limited, ...authenticated }));
  autoscaler.start();
  return {
    autoscaler,
    // each part is bounded by itself: requests by `listen`, the engine by `stopGrace`
    stop: async () => {
      stopping = true;
      await api.close();
      await autoscaler.stop();
    },
  };
}

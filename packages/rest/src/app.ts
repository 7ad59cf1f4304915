import { type Autoscaler, type Clock, defaultOptions, type Log, type Options, type Random, silentLog, type TenantId } from '@lutra/core';
import type { PageRules } from '@lutra/http';
import express, { type Express } from 'express';
import { answer } from './answer.ts';
import { guard, operatorGuard } from './auth/guard.ts';
import type { Authenticator } from './auth/principal.ts';
import { nothingHere, tenantChecks } from './dispatch.ts';
import { errorResponses } from './error-responses.ts';
import { refuseForeignPages } from './foreign-pages.ts';
import { linksBelow } from './links.ts';
import type { HostMetrics } from './metrics.ts';
import { type Rates, rateGate } from './rates.ts';
import { requestLog } from './request-log.ts';
import { adder, type Resource } from './resources.ts';
import type { RestHost } from './rest-host.ts';
import { addAdmin } from './routes/admin.ts';
import { addConfig } from './routes/config.ts';
import { addDocuments } from './routes/documents.ts';
import { addCapabilities, addExecute } from './routes/execute.ts';
import { addGroups } from './routes/groups.ts';
import { addHealth, addMetrics, type HealthReport } from './routes/health.ts';
import { addLaunch } from './routes/launch.ts';
import { addLimits } from './routes/limits.ts';
import { addPolicies } from './routes/policies.ts';
import { addServers } from './routes/servers.ts';
import { addState } from './routes/state.ts';
import { addWebhooks } from './routes/webhooks.ts';

/** What the REST app is made of. */
export interface RestAppOptions {
  readonly autoscaler: Autoscaler;
  /** The clock of the autoscaler: an `at` must lie after its now. */
  readonly clock: Clock;
  /** Makes the X-Response-Id of every answer. */
  readonly random: Random;
  /** What every link starts with: scheme, name and port by which clients reach the host. */
  readonly urlRoot: string;
  readonly log?: Log;
  /** What is measured; served at /metrics when given. */
  readonly metrics?: HostMetrics;
  /** Finds out whom a token belongs to; without it everybody may do everything. */
  readonly authenticator?: Authenticator;
  /** What GET /health tells; without it, that the host answers. */
  readonly health?: () => Promise<HealthReport>;
  /** The quotas that GET limits tells: those of the autoscaler's options, or what its `limitsOf` says. */
  readonly limits?: Partial<Options['limits']> | ((tenantId: TenantId) => Partial<Options['limits']>);
  /** Rates that are enforced; without them, none. */
  readonly rates?: Rates;
  /** Proxies in front of the host, whose X-Forwarded-For is believed; 0 when clients connect directly. */
  readonly trustedProxies?: number;
  /**
   * Without an authenticator, web pages are kept from driving the API (decision 54): what it listens on (default: a loopback address), and
   * the origins whose pages may. The name in `urlRoot` is always one of its own.
   */
  readonly pages?: Partial<Omit<PageRules, 'publicUrl'>>;
}

/** The Autoscale v1.0 API as an Express application. Listens nowhere by itself: see `listen`. `locals.resources` lists its resources. */
export function createRestApp(options: RestAppOptions): Express {
  const { autoscaler, clock, random, urlRoot, log = silentLog, limits = defaultOptions.limits, authenticator, rates = {} } = options;
  const gate = rateGate(rates, clock);
  const quotas = typeof limits === 'function' ? limits : () => limits;
  const { health = async () => ({ healthy: true }) } = options;
  const host: RestHost = { autoscaler, clock, links: linksBelow(urlRoot), log };

  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing').set('query parser', false);
  app.set('trust proxy', options.trustedProxies ?? 0);
  app.use(requestLog({ clock, random, log, metrics: options.metrics }));
  if (authenticator === undefined)
    app.use(refuseForeignPages({ host: 'localhost', ...options.pages, publicUrl: URL.parse(urlRoot)?.origin }));

  const resources: Resource[] = [];
  app.locals.resources = resources;
  const check = tenantChecks([...(authenticator === undefined ? [] : [guard(authenticator)]), gate.tenant]);
  // Express tries one route after the other, so the routes with most requests come first.
  const add = adder(app, resources, '/v1.0/:tenantId', check);
  addState(add, host);
  addGroups(add, host);
  addConfig(add, host);
  addLaunch(add, host);
  addPolicies(add, host);
  addExecute(add, host);
  addWebhooks(add, host);
  addServers(add, host);
  addLimits(add, { quotas, standings: gate.standings });

  const operators = authenticator === undefined ? [] : [operatorGuard(authenticator)];
  addAdmin(adder(app, resources, '/admin', ...operators), host);

  const addOpen = adder(app, resources);
  addCapabilities(addOpen, host, gate); // After the resources of tenants: a tenant may be called `execute`.
  addOpen('/', { GET: (_req, res) => answer(res, 200) });
  addHealth(addOpen, health, log);
  if (options.metrics !== undefined) addMetrics(addOpen, options.metrics);
  addDocuments(addOpen, urlRoot);

  app.use('/v1.0/:tenantId', check);
  app.use('/admin', ...operators, nothingHere);
  app.use(nothingHere, errorResponses(log));
  return app;
}

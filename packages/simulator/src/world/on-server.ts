import type { OperationName, ParamsOf, ValueOf } from './calls.ts';
import type { Limits } from './effects.ts';
import type { CommitContext, Operation } from './operation.ts';
import { type Refusal, refusals } from './refusal.ts';
import type { ServerRecord } from './server-record.ts';
import type { Tenant } from './tenant.ts';

/** Calls about one server. */
export type OfServer = Extract<OperationName, `server.${string}`> & Exclude<OperationName, 'server.list' | 'server.create'>;

/** An operation on one server, which is refused when there is none of that id. */
export const onServer = <N extends OfServer>(
  commit: (tenant: Tenant, server: ServerRecord, params: ParamsOf<N>, context: CommitContext) => ValueOf<N>,
  refuse: (server: ServerRecord, params: ParamsOf<N>, tenant: Tenant, limits: Limits) => Refusal | undefined = () => undefined,
): Operation<N> => ({
  key: ({ serverId }) => serverId,
  subject: (tenant, { serverId }) => {
    const server = tenant.compute.servers.find(serverId);
    return server === undefined ? { serverId } : { serverId, name: server.name, metadata: server.metadata };
  },
  validate: (tenant, params, limits) => {
    const server = tenant.compute.servers.find(params.serverId);
    return server === undefined ? refusals.noSuchServer(params.serverId) : refuse(server, params, tenant, limits);
  },
  commit: (tenant, params, context) => {
    const server = tenant.compute.servers.find(params.serverId);
    if (server === undefined) throw new Error(`Server ${params.serverId} was found valid and is not there.`);
    return commit(tenant, server, params, context);
  },
});

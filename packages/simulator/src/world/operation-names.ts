import type { OperationName } from './calls.ts';
import type { Service } from './service.ts';

/** Every call that there is, and the service that it is for. */
const services: Readonly<Record<OperationName, Service>> = {
  'server.list': 'nova',
  'server.get': 'nova',
  'server.create': 'nova',
  'server.delete': 'nova',
  'server.set_metadata': 'nova',
  'server.strip_metadata': 'nova',
  'server.update': 'nova',
  'server.act': 'nova',
  'server.get_addresses': 'nova',
  'server.get_metadata': 'nova',
  'server.replace_metadata': 'nova',
  'server.update_metadata': 'nova',
  'server.delete_metadata': 'nova',
  'image.list': 'nova',
  'image.delete': 'nova',
  'flavor.list': 'nova',
  'keypair.list': 'nova',
  'keypair.get': 'nova',
  'keypair.create': 'nova',
  'keypair.delete': 'nova',
  'network.list': 'nova',
  'network.get': 'nova',
  'network.create': 'nova',
  'glance_image.list': 'images',
  'glance_image.get': 'images',
  'image.get': 'nova',
  'flavor.get': 'nova',
  'limits.get': 'nova',
  'load_balancer.list': 'clb',
  'load_balancer.get': 'clb',
  'health_monitor.get': 'clb',
  'node.list': 'clb',
  'node.add': 'clb',
  'node.change': 'clb',
  'node.remove': 'clb',
  'pool_member.list': 'rcv3',
  'pool_member.add': 'rcv3',
  'pool_member.remove': 'rcv3',
  'token.create': 'identity',
  'token.get': 'identity',
  'token.delete': 'identity',
  'token.list_endpoints': 'identity',
  'token.impersonate': 'identity',
  'user.list': 'identity',
  'user.get': 'identity',
  'user.get_credentials': 'identity',
  'user.get_of_tenant': 'identity',
  'tenant.list': 'identity',
};

export const operationNames = Object.keys(services) as [OperationName, ...OperationName[]];

/** Which service a call is for. */
export const serviceOf = (op: OperationName): Service => services[op];

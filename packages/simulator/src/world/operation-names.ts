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
};

export const operationNames = Object.keys(services) as [OperationName, ...OperationName[]];

/** Which service a call is for. */
export const serviceOf = (op: OperationName): Service => services[op];

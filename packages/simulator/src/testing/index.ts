/** Small simulated clouds for tests (`@lutra/simulator/testing`). */
export { rule } from './faulty-cloud.ts';
export {
  activeServers,
  groupId,
  loadBalancerId,
  nodeRequest,
  patient,
  type SmallCloud,
  serverRequest,
  smallCloud,
  tenantId,
} from './small-cloud.ts';

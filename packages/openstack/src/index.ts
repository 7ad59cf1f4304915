/** The cloud port of lutra over a transport. Everything not named here is internal. */
export {
  type ServiceName,
  type Transport,
  TransportError,
  type TransportFailure,
  type WireAnswer,
  type WireRequest,
} from './transport/transport.ts';

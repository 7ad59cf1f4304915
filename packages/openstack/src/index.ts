/** The cloud port of lutra over a transport. Everything not named here is internal. */
export { type FetchTransport, type FetchTransportOptions, fetchTransport } from './transport/fetch.ts';
export {
  type InProcessOptions,
  inProcessTransport,
  type ServedAnswer,
  type ServedRequest,
  type Service,
} from './transport/in-process.ts';
export { defaultLimits, type TransportLimits } from './transport/limits.ts';
export { recordingTransport, replayingTransport } from './transport/recording.ts';
export {
  type ServiceName,
  type Transport,
  TransportError,
  type TransportFailure,
  type WireAnswer,
  type WireRequest,
} from './transport/transport.ts';

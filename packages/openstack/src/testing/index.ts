/** For tests of transports and of services behind them, in vitest. Not a stable API. */
export { type ListeningService, listenWith } from './http-service.ts';
export { contractLimits, describeTransport, type TransportUnderTest } from './transport-contract.ts';

/**
 * A host with its store in the file that its first argument names, as a process that a test can kill. Its cloud is the test's: calls go
 * there over the channel of the process, and commands come from there.
 */
import { type Cloud, createAutoscaler, type ProviderEvent, seconds, type TenantId } from '@lutra/core';
import { nodeClock, nodeRandom } from '@lutra/core/node';
import { plainSecrets } from '@lutra/core/stores';
import { openSqliteStore } from '@lutra/store-sqlite';
import { filter, map, Subject } from 'rxjs';
import { answered, Calls, type FromHost, type ToHost } from './durable-messages.ts';

const [, , file = ''] = process.argv;
const send = (message: FromHost): void => void process.send?.(message);
const calls = new Calls(send);
const events = new Subject<{ readonly event: ProviderEvent; readonly tenantId: TenantId }>();

/** The options of calls hold functions and signals. They stay here: whether a write may start is asked right before it is sent. */
const remoteCloud = new Proxy({} as Cloud, {
  get: (_, name) => {
    if (name === 'events$') {
      return (tenantId: TenantId) =>
        events.pipe(
          filter((one) => one.tenantId === tenantId),
          map(({ event }) => event),
        );
    }
    return (...args: readonly unknown[]) => calls.make(String(name), args.slice(0, -1));
  },
});

const clock = nodeClock();
const store = await openSqliteStore(file, { clock, secrets: plainSecrets, holder: `process ${process.pid}` });
/**
 * A write that was planned and never sent is waited for before it is sent again: three seconds here, not minutes. By default a delete that
 * was lost with its host leaves a server too many for `deleteAgainFirst`, a minute, which the group's activity says.
 */
const patience = { createVisibility: seconds(3), deleteAgainFirst: seconds(3), waitingFallback: seconds(3), selfHealInterval: seconds(5) };
const autoscaler = createAutoscaler({
  ...{ cloud: remoteCloud, store, clock, random: nodeRandom(), host: 'durable' },
  options: { ...patience, sweepInterval: seconds(0.2), createsPerHour: null },
});
process.on('message', async (message: ToHost) => {
  if ('event' in message) events.next(message);
  else if ('answerTo' in message) calls.answer(message);
  else send(await answered(autoscaler, message));
});
process.on('disconnect', () => process.exit());
autoscaler.start();
send({ isReady: true });

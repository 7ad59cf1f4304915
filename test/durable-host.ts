/**
 * The host of `lutra serve` (its settings, its folder of data, its key, its REST API), as a process that a test can kill. Its cloud is the
 * test's, and outlives it: calls go there over the channel of the process. Its argument names the file of its configuration.
 */
import { type Cloud, type ProviderEvent, silentLog, type TenantId } from '@lutra/core';
import { nodeClock, nodeRandom } from '@lutra/core/node';
import { filter, map, Subject } from 'rxjs';
import { readConfig } from '../packages/cli/src/config.ts';
import { dataFolderOf } from '../packages/cli/src/data-folder.ts';
import { runHost } from '../packages/cli/src/host.ts';
import { openApiPort } from '../packages/cli/src/listening.ts';
import { boundsOf, openData } from '../packages/cli/src/opening-data.ts';
import { answered, Calls, type FromHost, type ToHost } from './durable-messages.ts';

const [, , file = ''] = process.argv;
const send = (message: FromHost): void => void process.send?.(message);
const calls = new Calls(send);
const events = new Subject<{ readonly event: ProviderEvent; readonly tenantId: TenantId }>();

/** The options of calls hold functions and signals. They stay here: whether a write may start is asked right before it is sent. */
const cloud = new Proxy({} as Cloud, {
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

const [clock, random] = [nodeClock(), nodeRandom()];
const config = readConfig({ flags: { config: file }, environment: {} });
const folder = dataFolderOf(config);
if (folder === undefined) throw new Error('the configuration keeps nothing');
const api = await openApiPort(config, clock, random);
const data = await openData(folder, clock, random, { holder: `process ${process.pid}`, bounds: boundsOf(config) });
const { autoscaler } = runHost({ config, clock, random, log: silentLog, cloud, data, api, authenticator: undefined });
process.on('message', async (message: ToHost) => {
  if ('event' in message) events.next(message);
  else if ('answerTo' in message) calls.answer(message);
  else send(await answered(autoscaler, message));
});
process.on('disconnect', () => process.exit());
send({ isReady: true, url: api.urlRoot });

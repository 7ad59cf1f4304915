import { afterEach, describe, expect, it } from 'vitest';
import { errorType, only, serve, stopServing } from '../testing/served-app.ts';

afterEach(stopServing);

describe('addServers', () => {
  it('checks the arguments of a removal before it asks for it, and defaults them to true', async () => {
    const removed: unknown[] = [];
    const send = await serve(only({ removeServer: async (_ref, id, options) => void removed.push([id, options]) }));
    const statuses = [];
    for (const query of ['', '?replace=False', '?purge=false&replace=TRUE', '?replace=bad', '?purge=', '?purge=1']) {
      statuses.push((await send('DELETE', `/v1.0/T/groups/G/servers/S/${query}`)).status);
    }
    expect(statuses).toEqual([202, 202, 202, 400, 400, 400]);
    expect(removed).toEqual([
      ['S', { replace: true, purge: true }],
      ['S', { replace: false, purge: true }],
      ['S', { replace: true, purge: false }],
    ]);
  });

  it('does not show servers, but checks the limit first', async () => {
    const send = await serve(only({}));
    const answers = [];
    for (const path of ['servers', 'servers?limit=ab', 'servers/S'])
      answers.push(await errorType(await send('GET', `/v1.0/T/groups/G/${path}`)));
    expect(answers).toEqual(['NotImplementedError', 'InvalidQueryArgument', 'NotImplementedError']);
  });
});

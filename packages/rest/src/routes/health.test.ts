import { afterEach, describe, expect, it } from 'vitest';
import { only, serve, stopServing } from '../testing/served-app.ts';

afterEach(stopServing);

describe('addHealth', () => {
  it('tells how it is, and that it is not well when it cannot find out', async () => {
    const send = await serve(only({}), { health: async () => ({ healthy: true, store: { healthy: true } }) });
    expect(await (await send('GET', '/health')).json()).toEqual({ healthy: true, store: { healthy: true } });
    await stopServing();
    const again = await serve(only({}), { health: () => Promise.reject(new Error('no store')) });
    const res = await again('GET', '/health');
    expect([res.status, await res.json()]).toEqual([200, { healthy: false }]);
    const ready = await again('GET', '/health/ready');
    expect([ready.status, await ready.json()]).toEqual([503, { healthy: false }]);
    expect((await again('GET', '/health/live')).status).toBe(200);
  });
});

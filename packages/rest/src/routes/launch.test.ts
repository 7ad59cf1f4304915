import { afterEach, describe, expect, it } from 'vitest';
import { only, serve, stopServing } from '../testing/served-app.ts';

afterEach(stopServing);

describe('addLaunch', () => {
  it('echoes what it keeps for the cloud exactly as it was written', async () => {
    const kept: unknown[] = [];
    const send = await serve(
      only({
        updateLaunchConfiguration: async (_ref, sent) => void kept.push(sent),
        launchConfiguration: async () => kept[0] as never,
      }),
    );
    const text = `{"type":"launch_server","args":{"server":{"flavorRef":"2","imageRef":"I","big":9007199254740993,"one":1.0,"__proto__":{"x":[1e400]},"text":"ü😀\\u0000"}}}`;
    expect((await send('PUT', '/v1.0/T/groups/G/launch', text)).status).toBe(204);
    expect(await (await send('GET', '/v1.0/T/groups/G/launch')).text()).toBe(`{"launchConfiguration":${text}}`);
    expect('x' in {}).toBe(false);
  });
});

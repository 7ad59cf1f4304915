/** What a trace is made of holds no secret that a tenant gave, or was given. */
import { type Cloud, seededRandom, type TenantId } from '@lutra/core';
import { cloudOver, paces, VirtualClock, World, type WorldEvent } from '@lutra/simulator';
import fc from 'fast-check';
import { expect, it } from 'vitest';

const tenantId = '829409' as TenantId;
const options: Parameters<Cloud['createServer']>[2] = { signal: new AbortController().signal, mayStart: () => true };

it('the events of the simulated cloud hold no user data, personality or password of the servers they are about', async () => {
  const secret = fc.string({ minLength: 12, maxLength: 20, unit: fc.constantFrom(...'GHIJKLMNOPQRSTUVWXYZ') });
  await fc.assert(
    fc.asyncProperty(fc.array(secret, { minLength: 3, maxLength: 3 }), async ([userData = '', contents = '', adminPass = '']) => {
      const clock = new VirtualClock();
      const world = new World({ clock, random: seededRandom(1), pace: paces.demo });
      const events: WorldEvent[] = [];
      world.events$.subscribe((event) => events.push(event));
      const server = {
        ...{ name: 'web', imageRef: '7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8', flavorRef: 'performance1-1' },
        ...{ user_data: userData, adminPass, personality: [{ path: '/a', contents }] },
      };
      const made = cloudOver(world).createServer(tenantId, { server }, options);
      await clock.runUntilSettled(made);
      await clock.runUntilSettled(cloudOver(world).deleteServer(tenantId, (await made).id, options));
      expect(events.length).toBeGreaterThan(2);
      const text = JSON.stringify(events);
      for (const hidden of [userData, contents, adminPass, '"adminPass"']) expect(text).not.toContain(hidden);
    }),
    { numRuns: 20 },
  );
});

/** What the engine measures of a group that grows, in virtual time. */
import { createAutoscaler, type Metrics, seededRandom, type TenantId } from '@lutra/core';
import { cloudOver, paces, VirtualClock, World } from '@lutra/simulator';
import { filter, firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';

it('tells its metrics of wake-ups, passes, steps and what has converged', async () => {
  const clock = new VirtualClock();
  const random = seededRandom(7);
  const world = new World({ clock, random: random.fork('world'), pace: paces.demo });
  const seen: (readonly [keyof Metrics, ...unknown[]])[] = [];
  const metrics: Metrics = {
    wokeUp: (lag) => seen.push(['wokeUp', lag]),
    passEnded: (end, took) => seen.push(['passEnded', end, took]),
    stepEnded: (kind, effect) => seen.push(['stepEnded', kind, effect]),
    converged: (took) => seen.push(['converged', took]),
    clockSkew: (skew) => seen.push(['clockSkew', skew]),
    stopped: (isStopped) => seen.push(['stopped', isStopped]),
  };
  const autoscaler = createAutoscaler({ cloud: cloudOver(world), clock, random: random.fork('host'), metrics });
  autoscaler.start();
  const converged = firstValueFrom(
    autoscaler.events$.pipe(filter((event) => event.kind === 'pass-ended' && event.outcome === 'converged')),
  );
  const started = clock.now();
  const made = autoscaler.createGroup({
    tenantId: '829409' as TenantId,
    groupConfiguration: { name: 'web', cooldown: 0, minEntities: 2, maxEntities: 5, metadata: {} },
    launchConfiguration: {
      type: 'launch_server',
      args: { server: { imageRef: '7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8', flavorRef: 'performance1-2' } },
    },
    scalingPolicies: [],
  });
  await clock.runUntilSettled(Promise.all([made, converged]));
  const took = clock.now() - started;
  const of = (name: keyof Metrics) => seen.filter(([kind]) => kind === name).map(([, ...rest]) => rest);
  expect(of('stepEnded')).toEqual([
    ['create-server', 'accepted'],
    ['create-server', 'accepted'],
  ]);
  const [[latency] = []] = of('converged');
  expect([of('converged').length, Number(latency) > 1000, Number(latency) <= took]).toEqual([1, true, true]);
  expect(new Set(of('clockSkew').flat())).toEqual(new Set([0]));
  expect(of('passEnded').at(-1)?.[0]).toBe('converged');
  expect(of('wokeUp').length).toBeGreaterThan(1);
  for (const [lag] of of('wokeUp')) expect(Number(lag)).toBeLessThan(3000);
});

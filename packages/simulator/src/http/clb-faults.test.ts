import { seconds } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import { closeServedClouds, servedCloud } from '../testing/served-cloud.ts';

afterEach(closeServedClouds);

const lb = '/v1.0/829409/loadbalancers/237935';
const rule = (id: string, op: string, ...stack: readonly object[]) => ({ id, when: { op }, do: { stack } });

describe('faults of load balancers over HTTP', () => {
  it('meet feeds: a load balancer goes while its feed is read', async () => {
    const { ask } = await servedCloud();
    await ask(`POST ${lb}/nodes`, { nodes: [{ address: '192.0.2.1', port: 80 }] });
    await ask('POST /control/rules', rule('gone', 'load_balancer.get_feed', { fault: 'clb.vanish' }));
    expect((await ask(`GET ${lb}/nodes`)).status).toBe(200);
    expect(await ask(`GET ${lb}/nodes/1.atom`)).toMatchObject({ status: 410, text: expect.stringContaining('is marked as deleted') });
  });

  it('meet every write: monitors and the load balancer itself lock it for longer, too', async () => {
    const { ask, pass } = await servedCloud();
    const lock = { fault: 'clb.lock', params: { takes: '1m' } };
    const when = { op: ['load_balancer.update', 'health_monitor.set', 'health_monitor.delete'] };
    await ask('POST /control/rules', { id: 'lock', when, do: lock });
    const monitor = { healthMonitor: { type: 'CONNECT', delay: 10, timeout: 10, attemptsBeforeDeactivation: 3 } };
    for (const [call, body] of [
      [`PUT ${lb}`, { loadBalancer: { name: 'other' } }],
      [`PUT ${lb}/healthmonitor`, monitor],
      [`DELETE ${lb}/healthmonitor`, undefined],
    ] as const) {
      expect((await ask(call, body)).status).toBe(202);
      await pass(seconds(55));
      expect((await ask(`GET ${lb}`)).body.loadBalancer.status).toBe('PENDING_UPDATE');
      await pass(seconds(6));
    }
  });

  it('of feeds add up, in whatever order they are asked', async () => {
    const stacks = [
      [{ fault: 'feed.paged', params: { entries: 2 } }, { fault: 'feed.infinite_next' }, { fault: 'feed.order' }],
      [
        { fault: 'feed.order' },
        { fault: 'feed.infinite_next' },
        { fault: 'feed.lag', params: { by: 0 } },
        { fault: 'feed.paged', params: { entries: 2 } },
      ],
    ];
    for (const stack of stacks) {
      const { ask } = await servedCloud({
        pace: { latency: { kind: 'none' }, build: { kind: 'none' }, delete: { kind: 'none' }, lock: { kind: 'none' } },
      });
      for (const last of [1, 2, 3]) await ask(`POST ${lb}/nodes`, { nodes: [{ address: `192.0.2.${last}`, port: 80 }] });
      await ask('POST /control/rules', rule('feed', 'load_balancer.get_feed', ...stack));
      const pages = [(await ask(`GET ${lb}/nodes.atom`)).text, (await ask(`GET ${lb}/nodes.atom?page=2`)).text];
      expect(pages.map((page) => [...page.matchAll(/192\.0\.2\.(\d)/g)].map(([, last]) => last))).toEqual([['1', '2'], ['3']]);
      expect(pages.every((page) => page.includes('rel="next"'))).toBe(true);
    }
  });
});

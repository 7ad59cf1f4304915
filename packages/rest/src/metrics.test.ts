import { type Cloud, CloudError, epochMs, type GroupEvent, later, milliseconds, seconds } from '@lutra/core';
import { NEVER, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';

let now = epochMs(1_700_000_000_000);
const pass = (span: number): void => {
  now = later(now, seconds(span));
};
const clock = { now: () => now, after: () => NEVER };
const seriesOf = (text: string, series: string): number | undefined => {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
};

describe('createMetrics', () => {
  it('counts requests by route and status, with bounded labels', async () => {
    const metrics = createMetrics(clock);
    metrics.requestEnded('/v1.0/:tenantId/groups', 'GET', 200, milliseconds(4));
    metrics.requestEnded('none', 'PROPFIND', 404, milliseconds(4));
    const text = await metrics.text();
    expect(seriesOf(text, 'lutra_http_requests_total{route="/v1.0/:tenantId/groups",method="GET",status="200"}')).toBe(1);
    expect(seriesOf(text, 'lutra_http_requests_total{route="none",method="other",status="404"}')).toBe(1);
    expect(seriesOf(text, 'lutra_http_request_seconds_bucket{le="0.005",route="none"}')).toBe(1);
    expect(metrics.contentType).toMatch('text/plain');
  });

  it('shows how the file of the store is when it is asked', async () => {
    const metrics = createMetrics(clock);
    let lastCommit: ReturnType<typeof seconds> | null = null;
    metrics.watchStore(() => ({ bytes: 4096, logBytes: 32, lastCommit }));
    expect(seriesOf(await metrics.text(), 'lutra_store_last_commit_seconds')).toBe(0);
    lastCommit = seconds(2);
    const shown = await metrics.text();
    const names = ['lutra_store_bytes', 'lutra_store_log_bytes', 'lutra_store_last_commit_seconds'];
    expect(names.map((name) => seriesOf(shown, name))).toEqual([4096, 32, 2]);
  });

  it('measures what the engine tells', async () => {
    const { engine, text } = createMetrics(clock);
    engine.wokeUp(milliseconds(-3));
    engine.passEnded('converged', seconds(2));
    engine.stepEnded('create-server', 'accepted');
    engine.converged(seconds(45));
    engine.clockSkew(seconds(-7));
    engine.stopped(true);
    const shown = await text();
    expect(seriesOf(shown, 'lutra_wake_up_lag_seconds_sum')).toBe(0);
    expect(seriesOf(shown, 'lutra_passes_total{end="converged"}')).toBe(1);
    expect(seriesOf(shown, 'lutra_pass_seconds_sum')).toBe(2);
    expect(seriesOf(shown, 'lutra_steps_total{kind="create-server",effect="accepted"}')).toBe(1);
    expect(seriesOf(shown, 'lutra_convergence_seconds_sum')).toBe(45);
    expect(seriesOf(shown, 'lutra_cloud_clock_skew_seconds')).toBe(-7);
    expect([seriesOf(shown, 'lutra_stopped'), seriesOf(await createMetrics(clock).text(), 'lutra_stopped')]).toEqual([1, 0]);
    expect(seriesOf(shown, 'nodejs_eventloop_lag_seconds')).toBeGreaterThanOrEqual(0);
  });

  it('measures calls to the cloud by operation and status, and passes on what they answer', async () => {
    const metrics = createMetrics(clock);
    const cloud = metrics.metered({
      hasFlavor: async (_tenant: string, id: string) => {
        pass(3);
        if (id === 'bad') throw new CloudError('rate-limited', 'slow down');
        return true;
      },
      events$: () => NEVER,
    } as unknown as Cloud);
    expect(await cloud.hasFlavor('T' as never, 'a', {} as never)).toBe(true);
    await expect(cloud.hasFlavor('T' as never, 'bad', {} as never)).rejects.toMatchObject({ kind: 'rate-limited' });
    expect(cloud.events$('T' as never)).toBe(NEVER);
    const text = await metrics.text();
    expect(seriesOf(text, 'lutra_cloud_calls_total{operation="hasFlavor",status="ok"}')).toBe(1);
    expect(seriesOf(text, 'lutra_cloud_calls_total{operation="hasFlavor",status="rate-limited"}')).toBe(1);
    expect(seriesOf(text, 'lutra_cloud_call_seconds_sum{operation="hasFlavor"}')).toBe(6);
  });

  it('tells how many groups have not converged, and for how long the oldest has not', async () => {
    const metrics = createMetrics(clock);
    const events = new Subject<GroupEvent>();
    metrics.watch(events);
    const tell = (groupId: string, more: object): void => events.next({ tenantId: 'T', groupId, at: now, ...more } as GroupEvent);
    const command = (groupId: string, name: string): void => tell(groupId, { kind: 'command-accepted', command: name });
    const shown = async () => {
      const text = await metrics.text();
      return [seriesOf(text, 'lutra_pending_groups'), seriesOf(text, 'lutra_pending_age_seconds')];
    };
    command('a', 'create-group');
    pass(10);
    command('a', 'execute-policy');
    command('b', 'converge');
    command('c', 'create-webhooks');
    pass(5);
    expect(await shown()).toEqual([2, 15]);
    tell('a', { kind: 'pass-ended', outcome: 'retry' });
    tell('b', { kind: 'pass-ended', outcome: 'failed' });
    expect(await shown()).toEqual([1, 15]);
    command('a', 'pause');
    command('a', 'update-configuration');
    expect(await shown()).toEqual([0, 0]);
    command('a', 'resume');
    expect(await shown()).toEqual([1, 0]);
    tell('a', { kind: 'pass-ended', outcome: 'converged' });
    expect(await shown()).toEqual([0, 0]);
  });
});

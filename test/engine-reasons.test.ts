/** What a tenant reads when the cloud refuses something of which no document speaks: the cloud's own words. */
import type { LaunchConfiguration, LoadBalancerId } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { newGroup, Stage, tenantId } from './engine-stage.ts';

const args = newGroup(1).launchConfiguration.args;
const metadata = Object.fromEntries(Array.from({ length: 42 }, (_, n) => [`key-${n}`, 'x']));

describe('the errors of a group', () => {
  it.each<[string, LaunchConfiguration['args'], RegExp]>([
    [
      '42 metadata items',
      { ...args, server: { ...args.server, metadata } },
      /^The cloud refused: Maximum number of metadata items exceeds \d+$/,
    ],
    ['port 0', { ...args, loadBalancers: [{ loadBalancerId: 237935, port: 0 }] }, /^The cloud refused: .*port/i],
  ])('say why the cloud refuses %s', async (_what, changed, sentence) => {
    const stage = new Stage();
    const made = stage.autoscaler.createGroup({ ...newGroup(1), launchConfiguration: { type: 'launch_server', args: changed } });
    const { id: groupId } = await stage.clock.runUntilSettled(made);
    await stage.run(120);
    expect(await stage.autoscaler.groupState({ tenantId, groupId })).toMatchObject({
      status: 'ERROR',
      errors: [expect.stringMatching(sentence)],
    });
  });

  it('name the port that is refused, and nodes of other ports are added all the same', async () => {
    const stage = new Stage();
    const loadBalancers = [80, 0].map((port) => ({ loadBalancerId: 237935, port }));
    const launchConfiguration: LaunchConfiguration = { type: 'launch_server', args: { ...args, loadBalancers } };
    const made = stage.autoscaler.createGroup({ ...newGroup(2), launchConfiguration });
    const { id: groupId } = await stage.clock.runUntilSettled(made);
    await stage.run(240);
    const balancer = stage.world.tenant(tenantId).loadBalancers.find('237935' as LoadBalancerId);
    expect([...(balancer?.nodes.values() ?? [])].map(({ port }) => port)).toEqual([80, 80]);
    expect(await stage.autoscaler.groupState({ tenantId, groupId })).toMatchObject({
      status: 'ERROR',
      errors: [expect.stringMatching(/port/i)],
    });
  });
});

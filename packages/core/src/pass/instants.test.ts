import { describe, expect, it } from 'vitest';
import { epochMs, seconds } from '../model/time.ts';
import { defaultOptions as options } from '../options.ts';
import { aCreate, aDelete, aGroup, aKnown, aListing, aNode, aServer } from '../testing/parts.ts';
import { instantsOf } from './instants.ts';
import { viewGroup } from './viewing.ts';

const now = epochMs(1_000_000);
const nobody = {
  discrepancies: { unlisted: [], outdated: [], unexpected: new Set<never>() },
  confirmations: new Map(),
  sightings: new Map(),
};

/** The instants of a group that shows so, in milliseconds from now. */
function instants(group = aGroup([]), listing = aListing([]), intents: Parameters<typeof instantsOf>[2] = {}): readonly number[] {
  const seen = { ...listing, begunAt: now, cloudNow: now };
  const view = viewGroup(group, seen, nobody as never, now, options);
  return instantsOf(group, view, intents, now, options).map((at) => at - now);
}

describe('instantsOf', () => {
  it('has none of a group of which nothing is to come', () => {
    expect(instants(aGroup([aKnown(1)]), aListing([aServer(1)], { nodes: [aNode(1)] }))).toEqual([]);
  });

  it('has the end of the time that a server may build', () => {
    expect(instants(aGroup([]), aListing([aServer(1, { state: 'BUILD', createdAt: epochMs(now - 10_000) })]))).toEqual([
      options.buildTimeout - 10_000,
    ]);
  });

  it('has the end of a drain', () => {
    const group = aGroup([aKnown(1)]);
    const args = { ...group.spec.launchConfiguration.args, draining_timeout: 40 };
    const draining = { ...group, spec: { ...group.spec, launchConfiguration: { type: 'launch_server' as const, args } } };
    const node = aNode(1, { condition: 'DRAINING', drainingSince: epochMs(now - 15_000) });
    expect(instants(draining, aListing([aServer(1)], { nodes: [node] }))).toContain(25_000);
  });

  it('has when a delete is sent again, and when a create is no longer expected', () => {
    const [again, open] = [aDelete(1, now + 7000), aCreate('t', now - 1000)];
    expect(instants(aGroup([]), aListing([]), { 'delete:s1': again, 'create:t': open })).toEqual([
      7000,
      options.createVisibility - 1000 + 1,
    ]);
  });

  it('has when waiting has taken too long, and when something that was refused is tried again', () => {
    const hold = { tries: 1, until: epochMs(now + 9000) };
    const waits = { creates: { sentence: 'no', since: epochMs(now - 100_000), hold } };
    expect(instants(aGroup([], { progress: { waits } }))).toEqual([options.waitingTimeout - 100_000, 9000]);
  });

  it('has when a server that is not believed is asked again', () => {
    const doubt = { kind: 'contradicted', state: 'BUILD', since: epochMs(now - seconds(20)) } as const;
    const group = aGroup([aKnown(1, { doubt })]);
    const shown = aListing([aServer(1, { state: 'BUILD' })], { nodes: [aNode(1)] });
    expect(instants(group, shown)).toContain(options.createVisibility - 20_000);
  });
});

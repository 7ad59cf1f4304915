import { describe, expect, it } from 'vitest';
import type { LoadBalancerId, ServerId } from '../model/identifiers.ts';
import type { Intent, KnownServer, Removal } from '../model/scaling-group.ts';
import { epochMs } from '../model/time.ts';
import { defaultOptions as options } from '../options.ts';
import { aCreate, aDelete, aGroup, aKnown, aListing, aServer } from '../testing/parts.ts';
import { compareWithListing } from './discrepancies.ts';
import type { StepResult } from './executing.ts';
import { nextBrake, nextBurst, type PlannedWrite, settleIntents, settleServers, vanishedOf, withoutSettledRemovals } from './settling.ts';
import { type GroupView, viewGroup } from './viewing.ts';

const because = [{ rule: 'surplus' }] as const;
const creating = (token: string): PlannedWrite => ({
  step: { kind: 'create-server', because },
  intent: { ...aCreate(token), state: 'planned' },
  request: { server: {} },
});
const deleting = (n: number): PlannedWrite => ({
  step: { kind: 'delete-server', serverId: `s${n}` as ServerId, because },
  intent: { ...aDelete(n), tries: 2 },
  request: undefined,
});
const marking: PlannedWrite = { step: { kind: 'mark-server', serverId: 's1' as ServerId, because }, intent: undefined, request: undefined };
const came = (effect: StepResult['effect']): StepResult => ({ status: 'retry', effect, reason: '', fault: false });
const effects = (...those: readonly StepResult['effect'][]): readonly StepResult[] => those.map(came);
const keyed = (...servers: readonly KnownServer[]): GroupView['known'] => Object.fromEntries(servers.map((one) => [one.id, one]));

describe('settleIntents', () => {
  const writes = [creating('a'), creating('b'), creating('c'), creating('d'), deleting(1), deleting(2), deleting(3), deleting(4), marking];
  const results = effects('accepted', 'refused', 'unknown', 'unsent', 'accepted', 'refused', 'unknown', 'unsent', 'accepted');

  it('keeps of the creates those of which nothing is known, and says so, and when they were surely sent', () => {
    const creates = Object.values(settleIntents({}, writes, results, epochMs(77_000))).filter(({ kind }) => kind === 'create');
    expect(creates).toEqual([aCreate('c', 77_000)]);
  });

  it('keeps of the deletes those that were or may have been taken', () => {
    const deletes = Object.values(settleIntents({}, writes, results, epochMs(77_000))).filter(({ kind }) => kind === 'delete');
    expect(deletes.map((intent) => intent.kind === 'delete' && intent.serverId)).toEqual(['s1', 's3']);
  });

  it('leaves open what was open, with what is known of a delete from before where this one was not taken', () => {
    const open: Readonly<Record<string, Intent>> = { 'create:old': aCreate('old'), 'delete:s1': aDelete(1), 'delete:s2': aDelete(2) };
    const after = settleIntents(open, writes, results, epochMs(77_000));
    expect(after).toMatchObject({ 'create:old': open['create:old'], 'delete:s1': { tries: 2 }, 'delete:s2': { tries: 1 } });
  });

  it('takes a write without an answer for one that was not sent', () => {
    expect(settleIntents({}, [creating('a'), deleting(1)], [], epochMs(0))).toEqual({});
  });
});

describe('settleServers', () => {
  const { launchConfiguration: launch } = aGroup([]).spec;

  it('knows a server from its creation on, and where it is to be', () => {
    const created = { id: 's9' as ServerId, links: ['link'] };
    expect(settleServers(keyed(aKnown(1)), launch, [creating('a')], [{ ...came('accepted'), created }], 'b', epochMs(5))).toEqual({
      s1: aKnown(1),
      s9: {
        id: 's9',
        state: 'BUILD',
        active: false,
        servicenetAddress: '',
        loadBalancers: ['7' as LoadBalancerId],
        pooled: false,
        links: ['link'],
        birth: { batch: 'b', activeSince: null },
        unknownSince: null,
        doubt: { kind: 'unseen', since: 5 },
      },
    });
  });

  it('counts a server as active until its delete was accepted', () => {
    const known = keyed(aKnown(1), aKnown(2), aKnown(3), aKnown(4));
    const servers = settleServers(
      known,
      launch,
      [1, 2, 3, 4].map(deleting),
      effects('accepted', 'refused', 'unknown', 'unsent'),
      'b',
      epochMs(5),
    );
    expect(Object.values(servers).map(({ active }) => active)).toEqual([false, true, true, true]);
  });
});

describe('withoutSettledRemovals', () => {
  const nobody = new Set<ServerId>();
  const removal = (id: string): Record<ServerId, Removal> => ({ [id]: { serverId: id as ServerId, purge: true, at: epochMs(0) } });
  const specWith = (...ids: readonly string[]) => aGroup([], { spec: { removals: Object.assign({}, ...ids.map(removal)) } }).spec;

  it('settles those whose servers are no longer known', () => {
    const spec = specWith('s1', 's2');
    expect(Object.keys(withoutSettledRemovals(spec, spec, keyed(aKnown(2)), nobody).removals)).toEqual(['s2']);
  });

  it('does not settle one that was asked for while the pass was under way', () => {
    const spec = specWith('s1', 's2');
    expect(Object.keys(withoutSettledRemovals(spec, specWith('s1'), {}, nobody).removals)).toEqual(['s2']);
  });

  it('does not settle one whose server may be there', () => {
    const spec = specWith('s1', 's2');
    expect(Object.keys(withoutSettledRemovals(spec, spec, {}, new Set(['s2' as ServerId])).removals)).toEqual(['s2']);
  });

  it('gives the very spec where nothing is settled', () => {
    const spec = specWith('s1');
    expect(withoutSettledRemovals(spec, spec, keyed(aKnown(1)), nobody)).toBe(spec);
  });
});

describe('vanishedOf', () => {
  it('remembers servers that are gone though nobody asked for it, none of them active', () => {
    const group = aGroup([aKnown(1), aKnown(2), aKnown(3, { state: 'DELETED' })]);
    const listing = aListing([aServer(1)]);
    const confirmations = new Map([['s2' as ServerId, 'gone' as const]]);
    const answers = { discrepancies: compareWithListing(group, listing), confirmations, sightings: new Map() };
    const view = viewGroup(group, listing, answers, epochMs(0), options);
    expect(vanishedOf(group, view)).toEqual([aKnown(2, { active: false })]);
  });
});

describe('nextBrake', () => {
  const engaged = { releases: 3, released: false };
  const released = { releases: 3, released: true };

  it('engages again after it was released', () => {
    expect(nextBrake(null, true, 'failed', 3)).toEqual(engaged);
    expect(nextBrake(released, true, 'failed', 4)).toEqual({ releases: 4, released: false });
  });

  it('is released by somebody who looked, until the group has converged', () => {
    expect(nextBrake(engaged, false, 'retry', 4)).toEqual(released);
    expect(nextBrake(released, false, 'failed', 4)).toEqual(released);
    expect(nextBrake(released, false, 'stopped', 3)).toEqual(released);
    expect(nextBrake(released, false, 'converged', 4)).toBeNull();
  });

  it('comes off by itself when fewer look dead, and nobody has looked', () => {
    expect(nextBrake(engaged, false, 'retry', 3)).toBeNull();
    expect(nextBrake(null, false, 'retry', 3)).toBeNull();
  });
});

describe('nextBurst', () => {
  const after = (before: number, ...those: readonly StepResult['effect'][]) =>
    nextBurst(
      before,
      effects(...those),
      those.map((_, n) => creating(`${n}`)),
    );
  const accepted = (count: number) => Array.from({ length: count }, () => 'accepted' as const);

  it('doubles with every whole batch that went well', () => {
    expect([1, 2, 3, 6, 7, 15].map((count) => after(1, ...accepted(count)))).toEqual([2, 2, 4, 4, 8, 16]);
    expect([3, 4, 11, 12].map((count) => after(4, ...accepted(count)))).toEqual([4, 8, 8, 16]);
  });

  it('begins again with one after any that failed', () => {
    expect(after(8, ...accepted(3), 'refused', ...accepted(3))).toBe(1);
    expect(after(8, 'unknown')).toBe(1);
  });

  it('stays as it was where nothing was sent', () => {
    expect(after(8, 'unsent', 'unsent')).toBe(8);
    expect(after(2, ...accepted(2), 'unsent')).toBe(4);
    expect(nextBurst(8, effects('refused'), [deleting(1)])).toBe(8);
  });
});

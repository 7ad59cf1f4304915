import { describe, expect, it } from 'vitest';
import type { ServerId } from '../model/identifiers.ts';
import type { JsonValue } from '../model/json.ts';
import type { Server } from '../model/server.ts';
import { epochMs, milliseconds } from '../model/time.ts';
import { defaultOptions } from '../options.ts';
import { steadyGroup, testNow } from '../testing/groups.ts';
import type { DesiredGroup, Healing, Observation } from './desired.ts';
import { checkHealing, healingOf, unboundedHealing } from './healing.ts';
import { planGroup } from './planning.ts';
import { sentenceOf } from './reasons.ts';

const { observed: healthy, desired } = steadyGroup(10);
/** Ten servers of which the first `dead` are in ERROR. */
const withDead = (dead: number): Observation => ({
  ...healthy,
  servers: healthy.servers.map((server, n): Server => ({ ...server, state: n < dead ? 'ERROR' : 'ACTIVE' })),
});
const plan = (observed: Observation, healing: Healing, changes: Partial<DesiredGroup> = {}) =>
  planGroup({ ...desired, capacity: 10, healing, ...changes }, observed, testNow, defaultOptions);
const count = (steps: ReturnType<typeof plan>, kind: string): number => steps.filter((step) => step.kind === kind).length;
const half: Healing = { maxUnhealthyFraction: 0.5, maxConcurrentReplacements: null };

describe('the brake on mass failure', () => {
  it('lets up to its fraction be replaced', () => {
    const steps = plan(withDead(5), half);
    expect([count(steps, 'delete-server'), count(steps, 'create-server'), count(steps, 'fail')]).toEqual([5, 5, 0]);
  });

  it('stops every deletion beyond it, and says how many of how many and what releases it', () => {
    const steps = plan(withDead(6), half);
    expect([count(steps, 'delete-server'), count(steps, 'remove-nodes'), count(steps, 'create-server')]).toEqual([0, 0, 0]);
    expect(steps.filter(({ kind }) => kind === 'fail').flatMap(({ because }) => because.map(sentenceOf))).toEqual([
      expect.stringMatching(/^6 of 10 servers look dead at once.*Converge the group to have them replaced/),
    ]);
  });

  it('carries out a removal that a tenant names, and no other deletion', () => {
    const named = (n: number, purge: boolean) => {
      const id = `${healthy.servers[n]?.id}` as ServerId;
      const steps = plan(withDead(6), half, { drainingTimeout: milliseconds(0), removals: new Map([[id, purge]]) });
      const leaving = steps.filter(({ kind }) => kind === 'delete-server' || kind === 'release-server');
      return leaving.map((step) => ('serverId' in step ? [step.kind, step.serverId === id] : []));
    };
    expect(named(9, true)).toEqual([['delete-server', true]]);
    expect(named(0, true)).toEqual([['delete-server', true]]); // one of the dead
    expect(named(9, false)).toEqual([['release-server', true]]);
  });

  it('still creates what is asked for beyond the servers that are there', () => {
    expect(count(plan(withDead(6), half, { capacity: 13 }), 'create-server')).toBe(3);
  });

  it('deletes nothing else meanwhile', () => {
    expect(count(plan(withDead(6), half, { capacity: 1 }), 'delete-server')).toBe(0);
  });

  it('counts servers that have vanished', () => {
    const vanished = { ...withDead(2), servers: withDead(2).servers.slice(0, 5), vanished: 5 };
    expect(count(plan(vanished, half), 'fail')).toBe(1);
    expect(count(plan(vanished, half), 'create-server')).toBe(0);
  });

  it('does not count servers that we asked to delete', () => {
    const deletions = new Map(
      withDead(6)
        .servers.slice(0, 6)
        .map(({ id }) => [id, false] as const),
    );
    expect(count(plan(withDead(6), half, { deletions }), 'fail')).toBe(0);
  });
});

describe('the replacement budget', () => {
  const two: Healing = { maxUnhealthyFraction: null, maxConcurrentReplacements: 2 };

  it('replaces so many at a time, the oldest first, and says that there are more', () => {
    const observed = { ...withDead(4), servers: withDead(4).servers.map((server, n) => ({ ...server, createdAt: epochMs(1000 - n) })) };
    const steps = plan(observed, two);
    const deleted = steps.flatMap((step) => (step.kind === 'delete-server' ? [step.serverId] : []));
    expect([...deleted].sort()).toEqual([observed.servers[2]?.id, observed.servers[3]?.id].sort());
    expect([count(steps, 'create-server'), steps.filter(({ because }) => because[0].rule === 'replacement-budget').length]).toEqual([2, 2]);
  });

  it('waits for replacements under way', () => {
    const building: Server = { ...(healthy.servers[9] as Server), id: 'new' as ServerId, state: 'BUILD', createdAt: testNow };
    const observed = { ...withDead(4), servers: [...withDead(4).servers, building] };
    expect(count(plan(observed, two), 'delete-server')).toBe(1);
  });
});

describe('checkHealing', () => {
  it.each([{}, { 'lutra:healing': {} }, { 'lutra:healing': { maxUnhealthyFraction: 0.2, maxConcurrentReplacements: null } }])(
    'takes %j',
    (metadata) => expect(checkHealing(metadata)).toBeUndefined(),
  );

  it.each([null, 'all', [], { maxUnhealthyFraction: 5 }, { maxConcurrentReplacements: 0 }, { maxUnhealthyFractoin: 0.5 }])(
    'says what is wrong with %j: a brake that is not there must not look as if it were',
    (own) => expect(checkHealing({ 'lutra:healing': own as JsonValue })).toMatch(/^metadata "lutra:healing" must be /),
  );
});

describe('healingOf', () => {
  it('prefers the well-formed parts of what the group says', () => {
    const engine: Healing = { maxUnhealthyFraction: 0.5, maxConcurrentReplacements: 5 };
    const own = (value: unknown) => healingOf({ 'lutra:healing': value as never }, engine);
    expect(own({ maxUnhealthyFraction: 0.2, maxConcurrentReplacements: null })).toEqual({
      maxUnhealthyFraction: 0.2,
      maxConcurrentReplacements: null,
    });
    expect(own({ maxUnhealthyFraction: 7, maxConcurrentReplacements: 1.5 })).toEqual(engine);
    expect(own('all')).toEqual(engine);
    expect(healingOf({}, unboundedHealing)).toEqual(unboundedHealing);
  });
});

import { describe, expect, it } from 'vitest';
import { intentKey } from '../model/group-change.ts';
import type { ServerId } from '../model/identifiers.ts';
import type { Doubt, KnownServer } from '../model/scaling-group.ts';
import type { Server, ServerState } from '../model/server.ts';
import { type EpochMs, epochMs } from '../model/time.ts';
import { defaultOptions as options } from '../options.ts';
import { aDelete, aGroup, aKnown, aServer } from '../testing/parts.ts';
import { believe, contradicts, doubtsForPlan, isTooNew, mayShowAgain } from './believing.ts';

const late = options.createVisibility;
const at = (from: number, to = from) => ({ from: epochMs(from), to: epochMs(to) });
const since = (instant: number): EpochMs => epochMs(instant);
const inDoubt = (state: ServerState, instant: number): Doubt => ({ kind: 'contradicted', state, since: since(instant) });
const made = (activeSince: EpochMs | null): Partial<KnownServer> => ({ birth: { batch: 'b', activeSince } });

/** The state that is believed, and the doubt. */
function believed(
  known: Partial<KnownServer>,
  shown: Partial<Server>,
  taken = at(0),
  isDeleted = false,
): readonly [string, Doubt | undefined] {
  const { server, doubt } = believe(aServer(1, shown), aKnown(1, known), taken, isDeleted, options);
  return [server.state, doubt];
}

describe('contradicts', () => {
  it.each([
    ['ACTIVE', 'BUILD', true],
    ['SHUTOFF', 'BUILD', true],
    ['ERROR', 'BUILD', true],
    ['DELETED', 'BUILD', true],
    ['DELETED', 'ACTIVE', true],
    ['BUILD', 'BUILD', false],
    ['BUILD', 'ACTIVE', false],
    ['ACTIVE', 'ERROR', false],
    ['ACTIVE', 'DELETED', false],
    ['DELETED', 'ERROR', false],
    ['ERROR', 'ACTIVE', false],
  ] as const)('says of a server that was %s whether it cannot simply be %s: %s', (before, shown, answer) => {
    expect(contradicts(aKnown(1, { state: before }), shown)).toBe(answer);
  });

  it('knows by its birth whether a server in a status that we do not know was ever ACTIVE', () => {
    for (const state of ['UNKNOWN', 'UNRECOGNISED'] as const) {
      const wasBuilt = (known: Partial<KnownServer>): boolean => contradicts(aKnown(1, { state, ...known }), 'BUILD');
      expect([wasBuilt({}), wasBuilt(made(since(1))), wasBuilt(made(null))]).toEqual([true, true, false]);
    }
  });
});

describe('believe', () => {
  it('takes what nobody knew as it is', () => {
    expect(believe(aServer(1, { state: 'BUILD' }), undefined, at(0), false, options)).toEqual({
      server: aServer(1, { state: 'BUILD' }),
      doubt: undefined,
    });
  });

  it('takes a server that was in service, and shows in BUILD, for what it was, and remembers when it showed so first', () => {
    expect(believed({}, { state: 'BUILD' }, at(7, 9))).toEqual(['ACTIVE', inDoubt('BUILD', 9)]);
    expect(believed({ doubt: inDoubt('BUILD', 9) }, { state: 'BUILD' }, at(60_000))).toEqual(['ACTIVE', inDoubt('BUILD', 9)]);
  });

  it('believes the second of two answers that agree, at least createVisibility apart: it builds since the first', () => {
    const doubt = inDoubt('BUILD', 9);
    expect(believed({ doubt }, { state: 'BUILD' }, at(late + 8, late + 20))).toEqual(['ACTIVE', doubt]);
    expect(believed({ doubt }, { state: 'BUILD' }, at(late + 9))).toEqual(['BUILD', { kind: 'building-again', since: 9 }]);
  });

  it('starts anew when the second answer tells something else', () => {
    const known = { state: 'DELETED', doubt: inDoubt('ACTIVE', 0) } as const;
    expect(believed(known, { state: 'BUILD' }, at(late))).toEqual(['DELETED', inDoubt('BUILD', late)]);
    expect(believed({ doubt: inDoubt('BUILD', 0) }, {}, at(late))).toEqual(['ACTIVE', undefined]);
    expect(believed({ doubt: inDoubt('BUILD', 0) }, { state: 'ERROR' }, at(1))).toEqual(['ERROR', undefined]);
  });

  it('counts from now on where a clock that was ahead has seen the first', () => {
    expect(believed({ doubt: inDoubt('BUILD', 864_000_000) }, { state: 'BUILD' }, at(5))).toEqual(['ACTIVE', inDoubt('BUILD', 5)]);
  });

  it('remembers since when a server builds again for as long as it does', () => {
    const known = { state: 'BUILD', active: false, doubt: { kind: 'building-again', since: since(9) } } as const;
    expect(believed(known, { state: 'BUILD' }, at(late))).toEqual(['BUILD', known.doubt]);
    expect(believed(known, {}, at(late))).toEqual(['ACTIVE', undefined]);
  });

  it('does not put a server to work that was being deleted, until it has shown ACTIVE for long', () => {
    const known = { state: 'DELETED', active: false } as const;
    expect(believed(known, {})).toEqual(['DELETED', inDoubt('ACTIVE', 0)]);
    expect(believed({ ...known, doubt: inDoubt('ACTIVE', 0) }, {}, at(late))).toEqual(['ACTIVE', undefined]);
  });

  it('shows one that we deleted as it is: it does not count whatever that is', () => {
    expect(believed({ state: 'DELETED', active: false }, {}, at(0), true)).toEqual(['ACTIVE', undefined]);
    expect(believed({}, { state: 'BUILD' }, at(0), true)).toEqual(['BUILD', undefined]);
  });

  it('has seen a server once anything shows it', () => {
    expect(believed({ state: 'BUILD', doubt: { kind: 'unseen', since: since(0) } }, { state: 'BUILD' })).toEqual(['BUILD', undefined]);
  });

  it.each([
    ['10.0.0.1', '', '10.0.0.1'],
    ['10.0.0.1', '10.0.0.2', '10.0.0.2'],
    ['', '10.0.0.2', '10.0.0.2'],
    ['', '', ''],
  ])('gives up a known address for another one only: %j, then %j', (servicenetAddress, shown, expected) => {
    for (const isDeleted of [false, true]) {
      const server = aServer(1, { servicenetAddress: shown });
      expect(believe(server, aKnown(1, { servicenetAddress }), at(late), isDeleted, options).server.servicenetAddress).toBe(expected);
    }
  });
});

describe('isTooNew', () => {
  it('is so for createVisibility after the create was accepted, unless something has shown the server', () => {
    const isNew = (now: number, doubt: Doubt): boolean => isTooNew(aKnown(1, { doubt }), epochMs(now), options);
    const unseen: Doubt = { kind: 'unseen', since: since(10) };
    expect([isNew(late + 9, unseen), isNew(late + 10, unseen), isNew(0, unseen)]).toEqual([true, false, true]);
    expect([isNew(20, inDoubt('BUILD', 10)), isTooNew(aKnown(1), epochMs(20), options)]).toEqual([false, false]);
    expect(isNew(0, { kind: 'unseen', since: since(864_000_000) })).toBe(false);
  });
});

describe('mayShowAgain', () => {
  it('is so for createVisibility after our delete, unless the whole group must go', () => {
    const intents = { [intentKey(aDelete(1))]: aDelete(1) };
    const may = (now: number, deleting = false): boolean =>
      mayShowAgain(aKnown(1), aGroup([], { intents, spec: { deleting } }), epochMs(now), options);
    expect([may(late - 1), may(late), may(0, true)]).toEqual([true, false, false]);
    expect(mayShowAgain(aKnown(2), aGroup([], { intents }), epochMs(0), options)).toBe(false);
  });
});

describe('doubtsForPlan', () => {
  it("tells until when a server is what it was, and the age of a second build in the cloud's time", () => {
    const known = {
      s1: aKnown(1, { doubt: inDoubt('BUILD', 10) }),
      s2: aKnown(2, { doubt: { kind: 'building-again', since: since(10) } }),
      s3: aKnown(3, { doubt: { kind: 'unseen', since: since(10) } }),
      s4: aKnown(4),
    } as Readonly<Record<ServerId, KnownServer>>;
    expect(doubtsForPlan(known, epochMs(1000), epochMs(5000), options)).toEqual({
      contradicted: new Map([['s1', { state: 'BUILD', until: 10 + late + options.observationMaxAge }]]),
      buildingAgain: new Map([['s2', 4010]]),
    });
  });
});

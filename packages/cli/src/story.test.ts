import { virtualStart } from '@lutra/simulator';
import { parseScenario, Trace } from '@lutra/testbed';
import { describe, expect, it } from 'vitest';
import { StoryTeller } from './story.ts';

const scenario = parseScenario(`
name: s
duration: 10m
groups: [{ name: web, tenant: t, desired: 1 }]
faults:
  - { id: early, when: { from: 1m, until: 2m }, do: { fault: response.lost } }
  - { id: always, do: { fault: build.error } }
`);

describe('StoryTeller', () => {
  it('tells what the scenario did and when its faults begin and end, in the order of time', () => {
    const story = new StoryTeller(scenario);
    const trace = new Trace(virtualStart, (line) => story.saw(line));
    const at = (span: number) => (virtualStart + span) as typeof virtualStart;
    trace.write({ of: 'scenario', event: { at: at(0), kind: 'began', what: 's' } });
    trace.write({ of: 'scenario', event: { at: at(90_000), kind: 'acted', what: 'kill-servers', details: ['a', 'b'] } });
    trace.write({ of: 'scenario', event: { at: at(91_000), kind: 'acted', what: 'pause', group: 'web', details: [] } });
    trace.write({ of: 'scenario', event: { at: at(91_000), kind: 'commanded', what: 'pause', group: 'web', came: 'done' } });
    trace.write({
      of: 'scenario',
      event: { at: at(92_000), kind: 'commanded', what: 'converge', group: 'web', came: 'GroupPausedError: no' },
    });
    expect(story.told).toEqual([
      { at: 0, text: 'fault always begins (build.error)' },
      { at: 60_000, text: 'fault early begins (response.lost)' },
      { at: 90_000, text: 'kill-servers (2)' },
      { at: 91_000, text: 'pause web' },
      { at: 92_000, text: 'converge web is refused: GroupPausedError: no' },
      { at: 120_000, text: 'fault early ends' },
    ]);
  });
});

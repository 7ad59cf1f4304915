import type { Happening, Scenario } from '@lutra/testbed';

/** Something that the scenario did, in words. */
export interface StoryLine {
  /** Milliseconds since the start. */
  readonly at: number;
  readonly text: string;
}

/** Lines that can matter here are recognised by their beginning, so that only those few are parsed. */
const ofScenario = /^\{"at":[\d.]+,"of":"scenario"/;

/** Picks from a trace what the scenario did, and adds when its faults begin and end. */
export class StoryTeller {
  readonly #told: StoryLine[] = [];
  readonly #duration: number;

  constructor({ faults, duration }: Scenario) {
    this.#duration = duration;
    for (const { id, when, parts } of faults) {
      const { from = 0, until = duration } = when;
      this.#told.push({ at: from, text: `fault ${id} begins (${parts.map((part) => part?.fault.name ?? 'none').join(', ')})` });
      if (until < duration) this.#told.push({ at: until, text: `fault ${id} ends` });
    }
  }

  /** Takes a line of the trace. */
  saw(line: string): void {
    if (!ofScenario.test(line)) return;
    const { at, kind, what, group, details, came } = JSON.parse(line) as Extract<Happening, { of: 'scenario' }>['event'];
    const whose = group === undefined ? '' : ` ${group}`;
    const many = details === undefined || details.length === 0 ? '' : ` (${details.length})`;
    if (kind === 'acted') this.#told.push({ at, text: `${what}${whose}${many}` });
    if (kind === 'commanded' && came !== undefined && came !== 'done') this.#told.push({ at, text: `${what}${whose} is refused: ${came}` });
  }

  /** Everything so far, in the order of time. */
  get told(): readonly StoryLine[] {
    return this.#told.filter(({ at }) => at <= this.#duration).sort((a, b) => a.at - b.at);
  }
}

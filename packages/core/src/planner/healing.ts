/**
 * The brake on mass failure and the budget of replacements (ours; both off unless set). A control plane that reports half a group dead
 * is more often wrong than right: with the brake on nothing is deleted until somebody looks, or most of the group is well again.
 */
import type { JsonObject, JsonValue } from '../model/json.ts';
import type { Server } from '../model/server.ts';
import type { Healing } from './desired.ts';

/** What healing may do to the servers that look dead. */
export interface HealingVerdict {
  /** Nothing may be deleted: too many look dead at once. */
  readonly braked: boolean;
  /** Servers that look dead, of how many that are the group's. */
  readonly dead: number;
  readonly of: number;
  /** How many of the dead may be replaced now, oldest first. */
  readonly replaceable: number;
}

/** Judges a group. `dead`: present ones that look dead; `well`: those that count; `replacing`: replacements under way. */
export function judgeHealing(healing: Healing, dead: readonly Server[], vanished: number, well: number, replacing: number): HealingVerdict {
  const { maxUnhealthyFraction, maxConcurrentReplacements } = healing;
  const lost = dead.length + vanished;
  const of = lost + well;
  const braked = maxUnhealthyFraction !== null && lost > 0 && lost > of * maxUnhealthyFraction;
  const budget = maxConcurrentReplacements === null ? dead.length : Math.max(0, maxConcurrentReplacements - replacing);
  return { braked, dead: lost, of, replaceable: braked ? 0 : Math.min(dead.length, budget) };
}

/** Without brake and budget. */
export const unboundedHealing: Healing = { maxUnhealthyFraction: null, maxConcurrentReplacements: null };

/** The key of a group's metadata under which it may set its own healing. */
export const healingKey = 'lutra:healing';

/** What is wrong with a group's own healing, as a sentence; undefined when nothing is, or it has none. */
export function checkHealing(metadata: JsonObject): string | undefined {
  const own = metadata[healingKey];
  if (own === undefined) return undefined;
  const wants = `metadata "${healingKey}" must be {"maxUnhealthyFraction": 0 to 1 or null, "maxConcurrentReplacements": a whole number from 1 or null}`;
  if (own === null || typeof own !== 'object' || Array.isArray(own)) return wants;
  const { maxUnhealthyFraction, maxConcurrentReplacements, ...others } = own as JsonObject;
  const good = isFraction(maxUnhealthyFraction ?? null) && isCount(maxConcurrentReplacements ?? null);
  return good && Object.keys(others).length === 0 ? undefined : wants;
}

const isFraction = (value: JsonValue): value is number | null => value === null || (typeof value === 'number' && value >= 0 && value <= 1);
const isCount = (value: JsonValue): value is number | null =>
  value === null || (typeof value === 'number' && Number.isInteger(value) && value >= 1);

/** A group's healing: what its metadata says, where that is well-formed, else the engine's. */
export function healingOf(metadata: JsonObject, engine: Healing): Healing {
  const own = metadata[healingKey];
  if (own === null || typeof own !== 'object' || Array.isArray(own)) return engine;
  const { maxUnhealthyFraction: fraction, maxConcurrentReplacements: count } = own as JsonObject;
  return {
    maxUnhealthyFraction: fraction !== undefined && isFraction(fraction) ? fraction : engine.maxUnhealthyFraction,
    maxConcurrentReplacements: count !== undefined && isCount(count) ? count : engine.maxConcurrentReplacements,
  };
}

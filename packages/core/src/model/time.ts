/** An instant: milliseconds since the Unix epoch, UTC. */
export type EpochMs = number & { readonly __unit: 'EpochMs' };
/** A span of time in milliseconds. */
export type DurationMs = number & { readonly __unit: 'DurationMs' };

/** Marks a number as an instant. */
export const epochMs = (value: number): EpochMs => value as EpochMs;
/** Marks a number of milliseconds as a span. */
export const milliseconds = (value: number): DurationMs => value as DurationMs;
/** A span given in seconds, as the REST API and the launch configuration give it. */
export const seconds = (value: number): DurationMs => (value * 1000) as DurationMs;
/** The instant `span` after `instant`. */
export const later = (instant: EpochMs, span: DurationMs): EpochMs => (instant + span) as EpochMs;
/** The span from `from` to `to`; negative when `to` is earlier. */
export const between = (from: EpochMs, to: EpochMs): DurationMs => (to - from) as DurationMs;

/**
 * A stored instant that is to come, as it counts at `now`. No honest clock stores one further ahead than `bound`: the clock that did was
 * ahead itself, so the instant counts as come.
 */
export const instantWithin = (at: EpochMs, now: EpochMs, bound: DurationMs): EpochMs => (at > later(now, bound) ? now : at);

/**
 * How long ago a stored instant was. Clocks differ by up to `skew`, so one ahead by no more counts as now; one further ahead was stored by
 * a clock that was ahead itself, and counts as long ago: Infinity.
 */
export const elapsedSince = (at: EpochMs, now: EpochMs, skew: DurationMs): DurationMs =>
  milliseconds(at > later(now, skew) ? Number.POSITIVE_INFINITY : Math.max(0, now - at));

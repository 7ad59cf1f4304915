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

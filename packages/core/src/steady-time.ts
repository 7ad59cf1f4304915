import { type EpochMs, epochMs } from './model/time.ts';

/** The part of a span by which time goes slower while it is ahead of the wall clock. */
const slowing = 0.01;

/**
 * Wall time that never goes back: what `wall` says, in milliseconds since the Unix epoch, as long as that goes on. `ticks` counts
 * milliseconds from anywhere and is never set.
 *
 * - Wall time that is slewed is followed, so that schedules stay right for as long as the process lives.
 * - Wall time that jumps ahead is followed at once. Most often the machine was asleep, and then whatever was to be over is over.
 * - Wall time that is set back is not: time goes on by `ticks`, a hundredth slower until the wall clock has caught up. A second is made
 *   good in two minutes, an hour in four days (or by a restart); until then schedules run early by what is left of it.
 *
 * So a span measured is at most a hundredth shorter than it was. A lease of up to 100 s is over for its holder before it is over in the
 * store all the same, for nothing is begun in its last second.
 */
export function steadyTime(wall: () => number, ticks: () => number): () => EpochMs {
  let told = wall();
  let toldAt = ticks();
  return () => {
    const [now, at] = [wall(), ticks()];
    const since = at - toldAt;
    told = told + since > now ? Math.max(now, told + since * (1 - slowing)) : now;
    toldAt = at;
    return epochMs(Math.floor(told));
  };
}

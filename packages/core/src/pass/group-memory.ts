/**
 * What is remembered of a group from pass to pass, so that a pass does not work out again what follows from the very same objects. Nothing
 * depends on it: a pass that remembers nothing comes to the same end.
 */
import { Remembered } from '../model/remembered.ts';
import type { PlacesOfGroup } from './group-places.ts';

/** What is remembered of one group. */
export class GroupMemory {
  /** Where its servers are: from its launch configuration, its known servers and its listed ones. */
  readonly places = new Remembered<PlacesOfGroup>();
  /** How many of its known servers are active: from all of them. */
  readonly tally = new Remembered<{ readonly active: number; readonly servers: number }>();
}

import type { Clock, Random } from '@lutra/core';
import type { Pace } from './pace.ts';
import type { Quota } from './quota.ts';
import type { WorldEvent } from './world-event.ts';

/** What every part of the simulated cloud lives in. */
export interface Surroundings {
  readonly clock: Clock;
  /** Asked by `at` and `fork` with keys of the thing in question only, so that unrelated calls never change an outcome. */
  readonly random: Random;
  /** As it is now: it can be changed. */
  readonly pace: Pace;
  /** What the links in Nova's answers start with, such as `https://compute.example/v2`. */
  readonly computeUrl: string;
  /** What an account may take until somebody says otherwise. */
  readonly quota: Quota;
  /** Tells what just happened. */
  readonly tell: (event: WorldEvent) => void;
}

import type { CheckerKind } from './checker.ts';

/** At the end every group, unless paused or expected in ERROR, has exactly its desired servers, each ACTIVE and with one ENABLED node at each of its places. */
export const converged: CheckerKind = {
  name: 'converged',
  make: ({ groups, truths, expectedStatus, violate }) => ({
    ended: () => {
      for (const group of groups.values()) {
        if (group.paused || expectedStatus(group) === 'ERROR') continue;
        for (const reason of truths.whyNotConverged(group)) violate(reason, group);
      }
    },
  }),
};

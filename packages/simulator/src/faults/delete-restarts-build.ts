import { z } from 'zod';
import { defineFault } from './fault.ts';

/** Deleting a server in BUILD begins its build anew. */
export const deleteRestartsBuild = defineFault({
  name: 'delete.restarts_build',
  group: 'lifecycle',
  phase: 'before_commit',
  ops: ['server.delete'],
  params: z.strictObject({}),
  does: 'A server in BUILD is not deleted: its build begins anew. Others are deleted as ever.',
  imitates: 'a race in the scheduler',
  reaction: 'looks whether the server goes, and deletes it again; does not put it to work when it is ACTIVE',
  apply: () => ({ deletion: { restartsBuild: true } }),
});

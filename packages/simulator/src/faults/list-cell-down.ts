import { z } from 'zod';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';

/** A cell of the compute service is down. */
export const listCellDown = defineFault({
  name: 'list.cell_down',
  group: 'consistency',
  phase: 'before_commit',
  ops: ['server.list', 'server.get'],
  params: z.strictObject({ part: z.number().min(0).max(1).describe('part of the servers that is in the cell, 0 to 1') }),
  does: 'The listing leaves the servers of one cell out, with status 200, and by id each of them is answered with 500.',
  imitates: 'a cell whose database does not answer',
  reaction: 'takes a server for present for as long as nobody says that it is gone; asks less and less often',
  apply: ({ params: { part }, call, random }) => {
    const isInCell = (id: string): boolean => random.at('list.cell_down', call.rule, call.tenantId, id) < part;
    if (call.op === 'server.list') return { view: { omits: isInCell } };
    return isInCell(call.key) ? { refuse: refusals.fault('nova', 500) } : undefined;
  },
});

import { z } from 'zod';
import { strict, textOf } from './fields.ts';

const truth = (rule: string) => z.boolean(rule);
/** Why; for other operators. */
const reason = textOf(1, 500).schema.optional();

/** Body of PUT /admin/stop. */
export const stop = strict({ stopped: truth('must be true or false'), reason });

/** Body of PUT /admin/observe-only/... */
export const observeOnly = strict({ observeOnly: truth('must be true or false'), reason });

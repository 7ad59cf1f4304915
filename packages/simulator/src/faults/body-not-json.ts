import { z } from 'zod';
import type { Refusal } from '../world/refusal.ts';
import { defineFault, type Fault } from './fault.ts';

const bodies = {
  html: { type: 'text/html', text: '<html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>' },
  text: { type: 'text/plain', text: 'random repose response' },
  empty: { type: 'text/plain', text: '' },
} as const;

const params = z.strictObject({
  kind: z.enum(['html', 'text', 'empty']).default('html').describe('a page, plain words, or nothing at all'),
  code: z.int().min(400).max(599).optional().describe('status; absent: that of the answer in whose place it comes'),
});

/** What comes is not JSON. */
export const bodyNotJson: Fault<z.output<typeof params>> = defineFault({
  name: 'body.not_json',
  group: 'transport',
  phase: 'during_body',
  params,
  does: 'The answer has a body that is not JSON. What was to be done is done; with `code` the caller is told otherwise.',
  imitates: 'pages of the proxy and the limiter in front of the services, plain-text conflicts',
  reaction: 'classifies by the status alone; a success that it cannot read is an unknown effect, not a crash',
  apply: ({ params: { kind, code } }) => ({
    wire: { body: { ...bodies[kind], foreign: true } },
    ...(code === undefined ? {} : { refuse: page(code) }),
  }),
});

/** Its kind follows from the status, as for whoever cannot read the body. */
const page = (status: number): Refusal => ({ status, body: {}, kind: 'server-fault', message: 'a page of a proxy', tenantMessage: '' });

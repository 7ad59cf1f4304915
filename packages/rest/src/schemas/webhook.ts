import { hasAtMost } from '@lutra/core';
import { z } from 'zod';
import { name, strict, textMap, textOf, withinBytes } from './fields.ts';

/** Bytes that a webhook's metadata may take as JSON (decision 53). */
const mostMetadataBytes = 64 * 1024;

const metadata = withinBytes(
  textMap({
    keys: {
      rule: 'must not be a key: keys are at most 256 characters on one line',
      accepts: (key) => hasAtMost(key, 256) && !key.includes('\n'),
      described: { maxLength: 256, pattern: '^[^\\n]*$' },
    },
    values: textOf(0, 256),
  }),
  mostMetadataBytes,
  'Flat text',
);

const arrayRule = 'must be an array of 1 to 100 webhooks';

/** Body of PUT webhook: both fields are required. */
export const webhook = strict({ name, metadata });

/** Body of POST webhooks. */
export const newWebhooks = z
  .array(strict({ name, metadata: metadata.default({}) }), arrayRule)
  .min(1, arrayRule)
  .max(100, arrayRule);

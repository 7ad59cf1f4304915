import type { Secrets } from '../ports/store.ts';

/** Seals nothing: for simulations, tests, and stores whose content is written nowhere. A host takes `nodeSecrets` of `@lutra/core/node`. */
export const plainSecrets: Secrets = { digest: (text) => text, seal: (text) => text, open: (sealed) => sealed };

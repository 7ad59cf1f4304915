/** For Node (`--import`): modules are loaded as the chosen mutant has them. */
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { asMutant } from './chosen.ts';

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.startsWith('file:') || loaded.source === undefined || loaded.source === null) return loaded;
    const mutated = asMutant(fileURLToPath(url), loaded.source.toString());
    return mutated === undefined ? loaded : { ...loaded, source: mutated };
  },
});

/** The mutant that this process is: LUTRA_MUTANT of the environment names it. LUTRA_MUTANT_SEEN is a file that is written when its module is loaded. */
import { appendFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { mutants } from './list.ts';
import { editsOf, type Mutant, mutantOf, mutate } from './mutate.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { LUTRA_MUTANT: name, LUTRA_MUTANT_SEEN: seen } = process.env;

export const chosen: Mutant | undefined = name === undefined ? undefined : mutantOf(mutants, name);

/** The module of this path as the chosen mutant has it; undefined when it is another module. */
export function asMutant(path: string, source: string): string | undefined {
  const file = chosen === undefined ? undefined : editsOf(chosen).find((edit) => path === `${root}${edit.file}`)?.file;
  if (chosen === undefined || file === undefined) return undefined;
  if (seen !== undefined) appendFileSync(seen, `${chosen.name}\n`);
  return mutate(source, file, chosen);
}

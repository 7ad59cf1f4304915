/** A mutant: the project with one thing taken out of it. Some test must notice. */

/** What must find a mutant. `unit` and `property` are files of tests, `scenario` a file of sim-scenarios, `vectors` the original planner's answers. */
export type Layer = 'unit' | 'property' | 'scenario' | 'crash' | 'vectors';

/** What is changed in a module. */
export interface Edit {
  /** The module, from the root. */
  readonly file: string;
  /** A text that is in the module exactly once, and what takes its place. */
  readonly find: string;
  readonly replace: string;
}

export interface Mutant extends Edit {
  /** A short name; unique. */
  readonly name: string;
  /** The rule that it breaks: of spec/planner.md or the design, a state of the machine, a scenario. */
  readonly rule: string;
  /** More of the same defence: where two lines keep it, both go. */
  readonly also?: readonly Edit[];
  readonly layer: Layer;
  /** The file that must fail, from the root; nothing for `vectors`. */
  readonly by?: string;
  /** Only the tests whose names have this in them. */
  readonly only?: string;
  /** It is tried within seconds, so CI tries it. */
  readonly cheap?: true;
}

/** All that a mutant changes. */
export const editsOf = (mutant: Mutant): readonly Edit[] => [mutant, ...(mutant.also ?? [])];

/** The source of a module as the mutant has it. Throws when what it changes is not there, or is there more than once. */
export function mutate(source: string, file: string, mutant: Mutant): string {
  let mutated = source;
  for (const edit of editsOf(mutant)) {
    if (edit.file !== file) continue;
    const parts = mutated.split(edit.find);
    if (parts.length !== 2)
      throw new Error(`mutant ${mutant.name}: ${parts.length - 1} places in ${file} match, and there must be one: ${edit.find}`);
    mutated = parts.join(edit.replace);
  }
  return mutated;
}

/** The mutant of this name. Throws when there is none. */
export function mutantOf(mutants: readonly Mutant[], name: string): Mutant {
  const mutant = mutants.find((one) => one.name === name);
  if (mutant === undefined) throw new Error(`There is no mutant ${name}; npm run mutants -- --list names them all`);
  return mutant;
}

/** Files that say what a simulated cloud is like: who there is, and which faults it has. */
import { defaultIdentity, type FaultRule, type IdentityData, parseFaultRules, parseIdentity } from '@lutra/simulator';
import { CliError, whyNoFile } from './cli-error.ts';
import { readInput } from './input-file.ts';

/** Where a file was named: the command, and the flag. */
export interface Named {
  readonly command: string;
  readonly flag: string;
}

/** Who there is; the documented default where no file says so. Throws a CliError that names the file and every key that is wrong. */
export const identityIn = (file: string | undefined, named: Named): IdentityData =>
  file === undefined ? defaultIdentity() : fromFile(file, named, parseIdentity);

/** The fault rules of a file; none where there is no file. Throws a CliError that names the file and every key that is wrong. */
export const faultRulesIn = (file: string | undefined, named: Named): readonly FaultRule[] =>
  file === undefined ? [] : fromFile(file, named, parseFaultRules);

function fromFile<T>(file: string, { command, flag }: Named, parse: (text: string) => T): T {
  let text: string;
  try {
    text = readInput(file);
  } catch (error) {
    throw new CliError(2, `${command}: cannot read ${file} (${flag}): ${whyNoFile(error)}`, { cause: error });
  }
  try {
    return parse(text);
  } catch (error) {
    throw new CliError(2, `${command}: ${file} (${flag}): ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

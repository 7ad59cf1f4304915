/** The lutra command: reads its arguments, does what they ask, and ends with an exit code that scripts can rely on. */
import { CommanderError } from 'commander';
import { CliError, type ExitCode } from './cli-error.ts';
import { endWithReaders } from './output.ts';
import { createProgram } from './program.ts';

endWithReaders();

try {
  await createProgram().parseAsync(process.argv);
} catch (error) {
  process.exitCode = tell(error);
}

/** Says what went wrong, unless commander has said so already; anything unforeseen ends with its stack. */
function tell(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (!(error instanceof CliError)) throw error;
  console.error(error.message);
  return error.exitCode;
}

/** How lutra ends: everything was well; it failed; it was asked for something that it cannot do. */
export type ExitCode = 0 | 1 | 2;

/** Something that whoever sits at the terminal can put right: told in plain words and without a stack. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;
  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** Why a file could not be opened, in words. */
export function whyNoFile(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file or folder';
    case 'EISDIR':
      return 'it is a folder';
    case 'ENOTDIR':
      return 'a file is where one of its folders should be';
    case 'ENXIO':
      return 'it is a pipe that nobody reads';
    case 'EAGAIN':
      return 'its reader is too slow';
    case 'EACCES':
      return 'this user may not open it';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

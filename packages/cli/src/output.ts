/** What becomes of a command whose output nobody reads any more, `lutra ... | head -1` for one. */

const endWithReader = (error: NodeJS.ErrnoException): void => {
  if (error.code === 'EPIPE') process.exit(0); // the reader of our output has seen enough
  throw error;
};
const goOn = (): void => {};

/** A command that prints its result ends when nobody reads it. What cannot be written on stderr cannot be said anywhere. */
export function endWithReaders(): void {
  process.stdout.on('error', endWithReader);
  process.stderr.on('error', goOn);
}

/** A host goes on for its clients when nobody reads its output. */
export function outliveReaders(): void {
  process.stdout.off('error', endWithReader).on('error', goOn);
}

import { Worker } from 'node:worker_threads';

/**
 * Moves what is in the log of a store into its file, on a thread of its own with a connection of its own: a checkpoint waits for the disk. So
 * the log stays short. Answers the function that ends it.
 */
export function startCheckpoints(file: string): () => void {
  const worker = new Worker(program, { eval: true, workerData: { file, everyMs: 1000 } });
  worker.unref();
  worker.on('error', () => {}); // the log grows until the store is opened again, which moves it; health shows its size
  return () => void worker.terminate();
}

/** Plain JavaScript, for it runs from its text: in sources and when packed alike. */
const program = `
const { workerData } = require('node:worker_threads');
const { DatabaseSync } = require('node:sqlite');
const database = new DatabaseSync(workerData.file, { timeout: 100 });
database.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0');
setInterval(() => {
  try {
    database.exec('PRAGMA wal_checkpoint(PASSIVE)');
  } catch {
    // busy, or no room: the next one
  }
}, workerData.everyMs);
`;

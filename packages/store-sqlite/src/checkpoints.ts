import { Worker } from 'node:worker_threads';

/** Pages of 1 KiB in the log from which on writes wait until it has been emptied: 64 MiB. */
const longLog = 65_536;
const everyMs = 1000;

/** What the thread says after each checkpoint that it makes. */
interface Report {
  /** Pages in the log; undefined when the checkpoint failed. */
  readonly pages?: number;
  /** Set when it answers a request: whether all of the log is in the file now, and on the disk. */
  readonly isEmptied?: boolean;
  readonly problem?: string;
}

/**
 * Moves what is in the log of a store into its file, on a thread of its own with a connection of its own: a checkpoint waits for the disk.
 * Once a second it moves what it can while writes go on. A log that is written to without a pause never begins again that way, and would
 * grow for ever; so when it is long, the writes wait for `empty`.
 */
export class Checkpoints {
  readonly #worker: Worker;
  #pages = 0;
  #waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.unref();
    worker.on('message', (report: Report) => this.#heard(report));
    worker.on('error', (error) => this.#heard({ isEmptied: false, problem: error.message }));
    worker.on('exit', () => this.#heard({ isEmptied: false, problem: 'the thread that moves the log has ended' }));
  }

  /** Begins. Rejects when the file cannot be opened. */
  static async begin(file: string): Promise<Checkpoints> {
    const worker = new Worker(program, { eval: true, workerData: { file, everyMs } });
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => resolve());
      worker.once('error', reject);
    });
    return new Checkpoints(worker);
  }

  /** Whether the log is so long that it is to be emptied before more is written. */
  get isDue(): boolean {
    return this.#pages >= longLog;
  }

  /**
   * Moves all of the log into the file, and has both on the disk. Nothing may be written meanwhile, and nothing else be asked of it. Rejects
   * when it fails, or a reader holds it up; the next report then says again how long the log is.
   */
  empty(): Promise<void> {
    this.#pages = 0;
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#worker.postMessage('empty');
    });
  }

  /** Empties the log, if that is possible, and ends the thread. Idempotent. */
  async end(): Promise<void> {
    this.#worker.ref();
    const over = new Promise((resolve) => this.#worker.once('exit', resolve));
    if (this.#worker.threadId === -1) return; // it has ended
    this.#worker.postMessage('end');
    await over;
  }

  #heard({ pages, isEmptied, problem }: Report): void {
    if (pages !== undefined) this.#pages = pages;
    if (isEmptied === undefined) return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (isEmptied) waiting?.resolve();
    else waiting?.reject(new Error(`the log could not be moved into the file: ${problem ?? 'something reads from it'}`));
  }
}

/** Plain JavaScript, for it runs from its text: in sources and when packed alike. */
const program = `
const { parentPort, workerData } = require('node:worker_threads');
const { DatabaseSync } = require('node:sqlite');
const database = new DatabaseSync(workerData.file, { timeout: 100 });
database.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0');
const checkpoint = (mode) => database.prepare('PRAGMA wal_checkpoint(' + mode + ')').get();
const move = () => {
  try {
    parentPort.postMessage({ pages: Math.max(0, checkpoint('PASSIVE').log) });
  } catch {
    // no room, or the disk fails: the next one
  }
};
const empty = () => {
  try {
    return { isEmptied: checkpoint('TRUNCATE').busy === 0 };
  } catch (error) {
    return { isEmptied: false, problem: error.message };
  }
};
const timer = setInterval(move, workerData.everyMs);
parentPort.on('message', (asked) => {
  const report = empty();
  if (asked === 'empty') return parentPort.postMessage(report);
  clearInterval(timer);
  database.close();
  parentPort.close();
});
parentPort.postMessage({});
`;

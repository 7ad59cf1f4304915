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
  readonly #begin: () => Worker;
  /** undefined: it has ended, and nobody asked it to. */
  #worker: Worker | undefined;
  #pages = 0;
  #waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;

  private constructor(begin: () => Worker) {
    this.#begin = begin;
  }

  /** Begins. Rejects when the file cannot be opened. `beginThread`: of the thread that does it; another one takes its place when it dies. */
  static async begin(file: string, beginThread: (file: string) => Worker = threadOn): Promise<Checkpoints> {
    const checkpoints = new Checkpoints(() => beginThread(file));
    await checkpoints.#start();
    return checkpoints;
  }

  /** Whether the log is so long that it is to be emptied before more is written, or nothing moves it since the thread has died. */
  get isDue(): boolean {
    return this.#worker === undefined || this.#pages >= longLog;
  }

  /**
   * Moves all of the log into the file, and has both on the disk, with a new thread where the last one has died. Nothing may be written
   * meanwhile, and nothing else be asked of it. Rejects when it fails, or a reader holds it up; the next report then says again how long the
   * log is.
   */
  async empty(): Promise<void> {
    this.#pages = 0;
    const worker = this.#worker ?? (await this.#start());
    await new Promise<void>((resolve, reject) => {
      this.#waiting = { resolve, reject };
      worker.postMessage('empty');
    });
  }

  /** Empties the log, if that is possible, and ends the thread. Idempotent. */
  async end(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return; // it has died; whoever closes the file last empties the log
    worker.ref();
    const over = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage('end');
    await over;
  }

  /** Begins a thread; it is ours once it has opened the file. Rejects when it ends before that. */
  async #start(): Promise<Worker> {
    const worker = this.#begin();
    worker.unref();
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => resolve());
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('the thread that moves the log has ended')));
    });
    worker.on('message', (report: Report) => this.#heard(report));
    worker.on('error', (error) => this.#died(error.message));
    worker.on('exit', () => this.#died('the thread that moves the log has ended'));
    this.#worker = worker;
    return worker;
  }

  #died(problem: string): void {
    this.#worker = undefined;
    this.#heard({ isEmptied: false, problem });
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

/** The thread that moves the log of a file. */
export const threadOn = (file: string): Worker => new Worker(program, { eval: true, workerData: { file, everyMs } });

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

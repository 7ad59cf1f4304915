import { closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { LutraError } from '@lutra/core';

/** A row of a result. */
export type Row = Readonly<Record<string, string | number | null>>;

/** Result codes of SQLite (sqlite.org/rescode.html), and what they mean to whoever runs lutra. */
const meanings: Readonly<Record<number, string>> = {
  5: 'another process holds it',
  8: 'it cannot be written to: the file or its folder is read-only',
  10: 'the disk failed to read or write it',
  11: 'its contents are damaged; start with --repair to see what can be saved',
  13: 'the disk is full',
  14: 'it cannot be opened: is the folder there, and may it be written to?',
  26: 'it is not a lutra store',
};

/** One connection to a SQLite file. All calls are synchronous, and throw LutraErrors that say what to do. */
export class Database {
  readonly file: string;
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** Opens the file, or creates it for its owner alone; `:memory:` is none. */
  constructor(file: string) {
    this.file = file;
    if (file !== ':memory:' && !existsSync(file)) createPrivate(file);
    this.#connection = this.#attempt(() => new DatabaseSync(file, { timeout: 0 }));
    this.execute('PRAGMA temp_store = MEMORY'); // a full disk elsewhere is nothing to it
  }

  /** Whether a transaction is open. SQLite ends one by itself when the disk is full. */
  get isInTransaction(): boolean {
    return this.#connection.isTransaction;
  }

  /** Rows that were written so far over this connection. */
  get changes(): number {
    return Number(this.get('SELECT total_changes() AS changes')?.changes);
  }

  /** Runs statements that answer nothing. */
  execute(sql: string): void {
    this.#attempt(() => this.#connection.exec(sql));
  }

  /** Runs a statement; how many rows it changed. */
  run(sql: string, ...values: readonly SQLInputValue[]): number {
    return Number(this.#attempt(() => this.#statement(sql).run(...values)).changes);
  }

  /** The first row. */
  get(sql: string, ...values: readonly SQLInputValue[]): Row | undefined {
    return this.#attempt(() => this.#statement(sql).get(...values)) as Row | undefined;
  }

  all(sql: string, ...values: readonly SQLInputValue[]): readonly Row[] {
    return this.#attempt(() => this.#statement(sql).all(...values)) as readonly Row[];
  }

  /** The statements that were run so far, but for those that answer nothing. */
  get statements(): readonly string[] {
    return [...this.#statements.keys()];
  }

  /** How SQLite goes about a statement, step by step. */
  explain(sql: string): readonly string[] {
    const explaining = this.#attempt(() => this.#connection.prepare(`EXPLAIN QUERY PLAN ${sql}`));
    return this.#attempt(() => explaining.all()).map(({ detail }) => String(detail));
  }

  /** Idempotent. */
  close(): void {
    this.#statements.clear();
    if (this.#connection.isOpen) this.#attempt(() => this.#connection.close());
  }

  /** Statements are prepared once. There are as many as the code has texts of SQL. */
  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const made = this.#connection.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }

  #attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw explained(this.file, error);
    }
  }
}

/** SQLite gives its log and the index of that the same permissions. Where it cannot be made, SQLite says why. */
function createPrivate(file: string): void {
  try {
    closeSync(openSync(file, 'a', 0o600));
  } catch {
    // told when it is opened
  }
}

/** The error of SQLite in words that say what to do; any other error as it is. */
export function explained(file: string, error: unknown): unknown {
  const given = error instanceof LutraError ? undefined : codeOf(error);
  const code = given === 10 && isReadOnly(file) ? 8 : given; // what is made read-only under an open file fails like a disk
  if (code === undefined || !(error instanceof Error)) return error;
  const meaning = meanings[code];
  if (meaning === undefined)
    return new LutraError('internal', `The store ${file} was asked for what it cannot do: ${error.message}`, { cause: error });
  // of what a failing disk was given nobody knows how much it took
  return new LutraError('unavailable', `The store ${file} cannot be used: ${meaning}.`, {
    cause: error,
    effect: given === 10 ? 'unknown' : 'refused',
  });
}

/** Whether nobody may write to the file or its log any more. Such a disk is asked once for each failure. */
function isReadOnly(file: string): boolean {
  return [file, `${file}-wal`].some((one) => {
    try {
      closeSync(openSync(one, 'r+'));
      return false;
    } catch (error) {
      return error instanceof Error && 'code' in error && /^(EROFS|EPERM|EACCES)$/.test(String(error.code));
    }
  });
}

/** Whether a failure ends by itself when whatever is in its way does, with the same host: no room, a file that is read-only, a disk. */
export const mayPass = (error: unknown): boolean => [8, 10, 13].includes(codeOf(error) ?? 0);

/** Whether an error says that the file is damaged. */
export const isDamage = (error: unknown): boolean => codeOf(error) === 11;

/** Whether an error says that another process holds the file. */
export const isBusy = (error: unknown): boolean => codeOf(error) === 5;

/** The result code of SQLite behind an error; undefined when there is none. */
function codeOf(error: unknown): number | undefined {
  const cause = error instanceof LutraError ? error.cause : error;
  return cause instanceof Error && 'errcode' in cause && typeof cause.errcode === 'number' ? cause.errcode & 0xff : undefined;
}

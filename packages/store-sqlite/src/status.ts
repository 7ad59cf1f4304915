import { statSync } from 'node:fs';
import type { DurationMs } from '@lutra/core';

/** How the file of a store is. */
export interface StoreStatus {
  readonly file: string;
  /** Size of the database, and of the log of what is not in it yet. */
  readonly bytes: number;
  readonly logBytes: number;
  /** How long the newest commit took until it was on the disk; null before the first. */
  readonly lastCommit: DurationMs | null;
  /** The newest commit failed: for want of room, or because the disk or the file cannot be written to. */
  readonly isFailing: boolean;
}

/** Bytes of a file; 0 when there is none. */
export const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

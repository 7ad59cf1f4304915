/** How much memory is in use, for tests of bounds. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Bytes of objects on the heap that something holds on to. */
export function heapInUse(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

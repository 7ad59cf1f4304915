import { type Clock, createMemoryStore, type Store } from '@lutra/core';
import { copyingStore } from '@lutra/core/testing';

/** Whether tests of the engine run on a store that copies whatever is handed in or out. */
export const isCopying = process.env.STORE === 'copying';

/** The store that tests of the engine run on, in memory. */
export const testStore = (clock: Clock): Store => {
  const store = createMemoryStore(clock);
  return isCopying ? copyingStore(store) : store;
};

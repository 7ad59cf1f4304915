import { type Clock, createMemoryStore, type Store } from '@lutra/core';
import { plainSecrets } from '@lutra/core/stores';
import { copyingStore } from '@lutra/core/testing';
import { openSimulatedSqliteStore } from '@lutra/store-sqlite';

/** The stores that tests of the engine can run on, all of them in memory: one that copies what goes in or out, and the embedded one. */
const others: Readonly<Record<string, (clock: Clock) => Store>> = {
  copying: (clock) => copyingStore(createMemoryStore(clock)),
  sqlite: (clock) => openSimulatedSqliteStore({ clock, secrets: plainSecrets }),
};

/** Which of them STORE of the environment asks for; undefined: the plain memory store. */
export const chosenStore = process.env.STORE;

/** The store that tests of the engine run on. Throws when STORE names none. */
export function testStore(clock: Clock): Store {
  if (chosenStore === undefined) return createMemoryStore(clock);
  const make = others[chosenStore];
  if (make === undefined)
    throw new Error(`STORE: unknown value "${chosenStore}". Use ${Object.keys(others).join(' or ')}, or leave it out.`);
  return make(clock);
}

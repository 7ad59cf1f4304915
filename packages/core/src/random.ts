import seedrandom from 'seedrandom';
import type { Random, RandomStream } from './ports.ts';

/**
 * Chance from a seed: the same seed gives the same numbers on every machine (seedrandom's Alea).
 * For simulations and tests; its secrets are no secrets. Production takes `nodeRandom` of `@lutra/core/node`.
 */
export function seededRandom(seed: string | number): Random & RandomStream {
  const stream = seedrandom.alea(`${seed}`);
  const byte = (): number => Math.floor(stream() * 256);
  const secretBytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, byte);
  return {
    next: () => stream(),
    fork: (name) => seededRandom(`${seed}/${name}`),
    at: (...keys) => fractionOf(`${seed}#${keys.join('#')}`),
    secretBytes,
    uuid: () => uuidFrom(secretBytes(16)),
  };
}

/**
 * A number 0 <= n < 1 from a text, spread evenly: two 32-bit FNV-1a hashes with different starts, each through the finishing steps
 * of MurmurHash3, as 53 bits. Seeding a generator for every single number took seven times as long.
 */
function fractionOf(text: string): number {
  let high = 0x811c9dc5;
  let low = 0x9747b28c;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    high = Math.imul(high ^ unit, 0x01000193);
    low = Math.imul(low ^ unit, 0x85ebca6b);
  }
  return ((finished(high) >>> 5) * 2 ** 26 + (finished(low ^ high) >>> 6)) / 2 ** 53;
}

/** MurmurHash3's finishing steps: every bit of the input changes every bit of the result. */
function finished(hash: number): number {
  const first = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35);
  return second ^ (second >>> 16);
}

/** The version 4 UUID made of 16 random bytes (RFC 9562, section 5.4). */
export function uuidFrom(bytes: Uint8Array): string {
  const codes: number[] = [];
  for (let index = 0; index < 16; index += 1) {
    const byte = bytes[index] ?? 0;
    const value = index === 6 ? (byte & 0x0f) | 0x40 : index === 8 ? (byte & 0x3f) | 0x80 : byte;
    if (index === 4 || index === 6 || index === 8 || index === 10) codes.push(dash);
    codes.push(hexadecimal.charCodeAt(value >> 4), hexadecimal.charCodeAt(value & 0x0f));
  }
  return String.fromCharCode(...codes); // in one piece: ids are kept by the million, and a text put together from parts keeps them all
}
const hexadecimal = '0123456789abcdef';
const dash = 0x2d;

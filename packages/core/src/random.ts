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
    at: (...keys) => seedrandom.alea(`${seed}#${keys.join('#')}`)(),
    secretBytes,
    uuid: () => uuidFrom(secretBytes(16)),
  };
}

/** The version 4 UUID made of 16 random bytes (RFC 9562, section 5.4). */
export function uuidFrom(bytes: Uint8Array): string {
  const digits = Array.from(bytes, (value, index) => {
    if (index === 6) return (value & 0x0f) | 0x40;
    return index === 8 ? (value & 0x3f) | 0x80 : value;
  }).map((value) => value.toString(16).padStart(2, '0'));
  const text = digits.join('');
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
}

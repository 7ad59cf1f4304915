import { describe, expect, it } from 'vitest';
import { Addresses, publicAddressOf } from './addresses.ts';

describe('Addresses', () => {
  it('gives out ServiceNet addresses, each once', () => {
    const addresses = new Addresses();
    const taken = Array.from({ length: 3000 }, () => addresses.take());
    expect(taken.slice(0, 2)).toEqual(['10.176.0.1', '10.176.0.2']);
    expect(new Set(taken).size).toBe(3000);
    expect(taken.every((address) => /^10\.176\.\d{1,3}\.\d{1,3}$/.test(address))).toBe(true);
  });

  it('uses an address again only when no fresh one is left, the longest free first', () => {
    const addresses = new Addresses(3);
    const [a, b] = [addresses.take(), addresses.take()];
    addresses.giveBack(b);
    addresses.giveBack(a);
    expect([addresses.take(), addresses.take(), addresses.take()]).toEqual(['10.176.0.3', b, a]);
    expect(() => addresses.take()).toThrow('All 3 addresses');
  });

  it('has a public address for each', () => {
    expect(publicAddressOf('10.176.0.9')).toBe('203.176.0.9');
  });
});

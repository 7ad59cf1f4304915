import { describe, expect, it } from 'vitest';
import { nodeSecrets } from './node.ts';

const keyOf = (fill: number) => new Uint8Array(32).fill(fill);
const secrets = nodeSecrets(keyOf(1));
const other = nodeSecrets(keyOf(2));
const unreadable = expect.objectContaining({ code: 'secrets-unreadable' });

describe('nodeSecrets', () => {
  it.each(['', 'a', 'schlüssel 😀', 'x'.repeat(100_000)])('opens what it sealed, also after a restart with the same key', (text) => {
    expect(nodeSecrets(keyOf(1)).open(secrets.seal(text))).toBe(text);
  });

  it('seals the same text differently each time, and shows nothing of it', () => {
    const seals = [secrets.seal('open sesame'), secrets.seal('open sesame')];
    expect(new Set(seals).size).toBe(2);
    for (const seal of seals) expect(Buffer.from(seal.slice(3), 'base64').includes('sesame')).toBe(false);
  });

  it('refuses what another key sealed, and says what to do', () => {
    expect(() => other.open(secrets.seal('a'))).toThrow(unreadable);
    expect(() => other.open(secrets.seal('a'))).toThrow(/Start the host with the key/);
  });

  it('refuses a seal of which anything was changed', () => {
    const seal = secrets.seal('a secret');
    const changed = [...seal].map((character, at) => seal.slice(0, at) + (character === 'B' ? 'C' : 'B') + seal.slice(at + 1));
    for (const text of [...changed, '', 'a1.', 'a secret', seal.slice(0, -8)]) expect(() => secrets.open(text), text).toThrow(unreadable);
  });

  it('refuses a seal whose tag is cut short, which would be easier to forge', () => {
    const bytes = Buffer.from(secrets.seal('').slice(3), 'base64');
    for (let length = 0; length < bytes.length; length += 1) {
      expect(() => secrets.open(`a1.${bytes.subarray(0, length).toString('base64')}`)).toThrow(unreadable);
    }
  });

  it('digests the same text to the same under one key, and to nothing alike under another', () => {
    expect(secrets.digest('a')).toBe(nodeSecrets(keyOf(1)).digest('a'));
    expect(new Set([secrets.digest('a'), secrets.digest('b'), other.digest('a')]).size).toBe(3);
  });

  it('takes a key of 32 bytes only', () => {
    for (const length of [0, 16, 31, 33]) expect(() => nodeSecrets(new Uint8Array(length))).toThrow(unreadable);
  });
});

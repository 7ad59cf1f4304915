/** The real clock and real chance, for production on Node.js. The only file of the core that touches the system. */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import { Observable } from 'rxjs';
import { LutraError } from './errors.ts';
import type { DurationMs } from './model/time.ts';
import type { Secrets } from './ports/store.ts';
import type { Clock, Random, RandomStream } from './ports.ts';
import { seededRandom } from './random.ts';
import { steadyTime } from './steady-time.ts';

/** Longest wait that Node's timers take; longer ones are waited for in parts. */
const longestTimer = 2 ** 31 - 1;

/**
 * The system's clock: wall time, but never back, whatever sets the system's (`steadyTime` says how it is followed); leases and
 * deadlines are counted on it. A wait that is unsubscribed from leaves no timer behind.
 */
export function nodeClock(): Clock {
  return {
    now: steadyTime(
      () => Date.now(),
      () => performance.now(),
    ),
    after: (delay: DurationMs) =>
      new Observable<void>((subscriber) => {
        let timer: NodeJS.Timeout;
        const wait = (left: number): void => {
          const part = Math.min(left, longestTimer);
          timer = setTimeout(() => {
            if (left > part) {
              wait(left - part);
              return;
            }
            subscriber.next();
            subscriber.complete();
          }, part);
        };
        wait(Math.max(0, delay));
        return () => clearTimeout(timer);
      }),
  };
}

/** Chance from the system's random source: a seed nobody knows for jitter, node:crypto itself for ids and secrets. */
export function nodeRandom(): Random {
  return withSecrets(seededRandom(randomBytes(16).toString('hex')));
}

/** Whatever stream they are asked of, secrets come from the system. */
const withSecrets = (stream: Random & RandomStream): Random & RandomStream => ({
  next: () => stream.next(),
  fork: (name) => withSecrets(stream.fork(name)),
  at: (...keys) => stream.at(...keys),
  ...secrets,
});
const secrets: Pick<Random, 'secretBytes' | 'uuid'> = {
  secretBytes: (count) => new Uint8Array(randomBytes(count)),
  uuid: () => randomUUID(),
};

/** Bytes of the key, of the nonce of each seal and of its tag (AES-256-GCM). */
const [keyLength, nonceLength, tagLength] = [32, 12, 16];
/** Begins every seal: says how it was made. */
const sealForm = 'a1.';

/**
 * Seals with AES-256-GCM, under a nonce of its own each time, and digests with HMAC-SHA-256; each under a key derived from the one given,
 * 32 bytes. Throws `secrets-unreadable` for a key of another length.
 */
export function nodeSecrets(key: Uint8Array): Secrets {
  if (key.length !== keyLength) {
    throw new LutraError(
      'secrets-unreadable',
      `The key for secrets must be ${keyLength} bytes long, but has ${key.length}; give the whole key.`,
    );
  }
  const derived = (purpose: string): Uint8Array => new Uint8Array(hkdfSync('sha256', key, '', `lutra ${purpose}`, keyLength));
  const [digestKey, sealKey] = [derived('digest'), derived('seal')];
  return {
    digest: (text) => createHmac('sha256', digestKey).update(text).digest('base64'),
    seal: (text) => sealForm + sealed(sealKey, text).toString('base64'),
    open: (text) => {
      try {
        if (text.startsWith(sealForm)) return opened(sealKey, Buffer.from(text.slice(sealForm.length), 'base64'));
      } catch (cause) {
        throw new LutraError('secrets-unreadable', unreadable, { cause });
      }
      throw new LutraError('secrets-unreadable', unreadable);
    },
  };
}
const unreadable =
  'A stored secret cannot be read: it was sealed with another key, or changed. Start the host with the key that this store was written with; nothing is lost.';

function sealed(key: Uint8Array, text: string): Buffer {
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const content = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), content]);
}

function opened(key: Uint8Array, bytes: Buffer): string {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceLength), { authTagLength: tagLength });
  decipher.setAuthTag(bytes.subarray(nonceLength, nonceLength + tagLength));
  return decipher.update(bytes.subarray(nonceLength + tagLength), undefined, 'utf8') + decipher.final('utf8');
}

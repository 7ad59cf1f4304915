/** What the store holds sealed: capability hashes, the answers kept for callers' keys, credentials. All of it is sealed with one key. */
import type { JsonObject } from '@lutra/core';
import type { Secrets } from '@lutra/core/stores';
import type { Database } from './database.ts';
import { decode, encode } from './documents.ts';

type SealedDocument = JsonObject & { readonly sealed: string };

/** Sealed texts that are tried before the key is taken for another one. */
const mostTried = 100;

/**
 * Throws `secrets-unreadable` when `secrets` opens nothing of what the store holds sealed. A store that holds nothing sealed takes any key.
 * They all have the same key, so one text that opens will do: another one that does not is damaged.
 */
export function checkSecrets(database: Database, secrets: Secrets): void {
  let failure: { readonly error: unknown } | undefined;
  for (const sealed of sealedTexts(database)) {
    try {
      secrets.open(sealed);
      return;
    } catch (error) {
      failure ??= { error };
    }
  }
  if (failure !== undefined) throw failure.error;
}

/** Some of what is sealed, of every kind. */
function* sealedTexts(database: Database): Iterable<string> {
  for (const { document } of database.all('SELECT document FROM webhooks LIMIT ?', mostTried))
    yield decode<SealedDocument>(String(document)).sealed;
  for (const { made } of database.all('SELECT made FROM caller_keys LIMIT ?', mostTried)) yield String(made);
  for (const { credentials } of database.all('SELECT credentials FROM tenants WHERE credentials IS NOT NULL LIMIT ?', mostTried))
    yield String(credentials);
}

/**
 * Opens everything with `from` and seals it with `to`. Call it in a transaction. Returns how many texts there were. Throws
 * `secrets-unreadable` when one was sealed with another key.
 */
export function resealAll(database: Database, from: Secrets, to: Secrets): number {
  const sealAgain = (sealed: unknown): string => to.seal(from.open(String(sealed)));
  const webhooks = database.all('SELECT group_number, id FROM webhooks');
  for (const { group_number: group = 0, id = '' } of webhooks) {
    const row = database.get('SELECT document FROM webhooks WHERE group_number = ? AND id = ?', group, id);
    const { sealed, ...webhook } = decode<SealedDocument>(String(row?.document));
    const hash = from.open(sealed);
    database.run(
      'UPDATE webhooks SET digest = ?, document = ? WHERE group_number = ? AND id = ?',
      ...[to.digest(hash), encode({ ...webhook, sealed: to.seal(hash) }), group, id],
    );
  }
  const kept = database.all('SELECT number, made FROM caller_keys');
  for (const { number = 0, made } of kept) database.run('UPDATE caller_keys SET made = ? WHERE number = ?', sealAgain(made), number);
  const tenants = database.all('SELECT tenant_id, credentials FROM tenants WHERE credentials IS NOT NULL');
  for (const { tenant_id: id = '', credentials } of tenants) {
    database.run('UPDATE tenants SET credentials = ? WHERE tenant_id = ?', sealAgain(credentials), id);
  }
  return webhooks.length + kept.length + tenants.length;
}

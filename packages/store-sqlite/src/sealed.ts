/** What the store holds sealed: capability hashes, the answers kept for callers' keys, credentials. All of it is sealed with one key. */
import type { JsonObject } from '@lutra/core';
import type { Secrets } from '@lutra/core/stores';
import type { Database } from './database.ts';
import { decode, encode } from './documents.ts';

type SealedDocument = JsonObject & { readonly sealed: string };

/**
 * Throws `secrets-unreadable` when `secrets` cannot open what the store holds sealed. A store that holds nothing sealed takes any key. Opens
 * one text of each kind: they all have the same key.
 */
export function checkSecrets(database: Database, secrets: Secrets): void {
  const webhook = database.get('SELECT document FROM webhooks LIMIT 1');
  if (webhook !== undefined) secrets.open(decode<SealedDocument>(String(webhook.document)).sealed);
  const kept = database.get('SELECT made FROM caller_keys LIMIT 1');
  if (kept !== undefined) secrets.open(String(kept.made));
  const tenant = database.get('SELECT credentials FROM tenants WHERE credentials IS NOT NULL LIMIT 1');
  if (tenant !== undefined) secrets.open(String(tenant.credentials));
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

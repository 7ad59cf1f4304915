/** A store with something in every place where secrets are sealed, for tests of what is done with whole stores. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CapabilityHash,
  epochMs,
  type GroupId,
  type JsonObject,
  type PolicyId,
  type ScalingGroup,
  type Store,
  seconds,
  type TenantId,
  type WebhookId,
} from '@lutra/core';
import type { Secrets } from '@lutra/core/stores';
import { newGroup } from '@lutra/core/testing';
import { NEVER } from 'rxjs';
import { openSqliteStore } from '../open.ts';

export const tenantId = 't1' as TenantId;
export const groupId = 'g1' as GroupId;
const hash = 'c0ffee' as CapabilityHash;
const [policyId, webhookId] = ['p1' as PolicyId, 'w1' as WebhookId];
const credentials: JsonObject = { user: 'u', password: 's3cret' };
const key = { tenantId, scope: 'create-group', key: 'k', fingerprint: 'f', keptFor: seconds(3600), most: 10 };
const made = { at: epochMs(1_790_000_000_000), ids: ['g1'], secrets: ['c0ffee'] };

/** Secrets that anybody can read, and only the same name can open. */
export const secretsNamed = (name: string): Secrets => ({
  digest: (text) => `${name}:${text}`,
  seal: (text) => `${name}:${text}`,
  open: (sealed) => {
    if (!sealed.startsWith(`${name}:`)) throw Object.assign(new Error('sealed with another key'), { code: 'secrets-unreadable' });
    return sealed.slice(name.length + 1);
  },
});

/** A folder that is removed by `remove`. */
export function temporaryFolder(): { readonly folder: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'lutra-whole-'));
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

export const openNamed = (file: string, name: string) =>
  openSqliteStore(file, {
    clock: { now: () => epochMs(1_790_000_000_000), after: () => NEVER },
    secrets: secretsNamed(name),
    holder: 'this test',
  });

const group = (): ScalingGroup => {
  const { webhooks, ...rest } = newGroup(
    { tenantId, groupId },
    { name: 'web', cooldown: 0, minEntities: 0, maxEntities: 9, metadata: {} },
    { type: 'launch_server', args: { server: {} } },
    [],
    epochMs(1_790_000_000_000),
  );
  return { ...rest, webhooks: { ...webhooks, [webhookId]: { id: webhookId, policyId, hash, definition: { name: 'hook', metadata: {} } } } };
};

/** Makes a store with a group, its webhook, an answer that is kept, and credentials; everything sealed under `name`. */
export async function makeFilledStore(file: string, name: string): Promise<void> {
  const store = await openNamed(file, name);
  await store.createGroup(group(), 10, { once: { ...key, made } });
  await store.setCredentials(tenantId, credentials);
  await store.close();
}

/** What is found of it again. */
export async function findAll(store: Store): Promise<object> {
  return {
    group: (await store.readGroup({ tenantId, groupId }))?.webhooks,
    capability: await store.findCapability(hash),
    kept: await store.findKey(key),
    credentials: await store.credentials(tenantId),
  };
}

/** What `findAll` finds in a store that was filled. */
export const allOfIt = {
  group: { [webhookId]: { id: webhookId, policyId, hash, definition: { name: 'hook', metadata: {} } } },
  capability: { ref: { tenantId, groupId }, policyId, webhookId },
  kept: { fingerprint: 'f', made },
  credentials,
};

import { describe, expect, it } from 'vitest';
import type { TenantId } from '../model/identifiers.ts';
import type { Secrets } from '../ports/store.ts';
import { MemoryCredentials } from './memory-credentials.ts';
import { plainSecrets } from './plain-secrets.ts';

const tenant = 't' as TenantId;

describe('MemoryCredentials', () => {
  it('gives back what was set for a tenant, until it is removed', () => {
    const credentials = new MemoryCredentials(plainSecrets);
    credentials.set(tenant, { username: 'a' });
    credentials.set(tenant, { username: 'b', apiKey: 'k' });
    expect([credentials.of(tenant), credentials.of('other' as TenantId)]).toEqual([{ username: 'b', apiKey: 'k' }, undefined]);
    credentials.set(tenant, undefined);
    expect(credentials.of(tenant)).toBeUndefined();
  });

  it('keeps them sealed', () => {
    const seen: string[] = [];
    const backwards = (text: string) => [...text].reverse().join('');
    const secrets: Secrets = { ...plainSecrets, seal: backwards, open: (sealed) => backwards(seen[seen.push(sealed) - 1] ?? '') };
    const credentials = new MemoryCredentials(secrets);
    credentials.set(tenant, { apiKey: 'k' });
    expect([credentials.of(tenant), seen]).toEqual([{ apiKey: 'k' }, [backwards('{"apiKey":"k"}')]]);
  });
});

import type { CapabilityHash, GroupId, TenantId } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { linksBelow, nextPage } from './links.ts';

const ref = (tenantId: string, groupId: string) => ({ tenantId: tenantId as TenantId, groupId: groupId as GroupId });

describe('linksBelow', () => {
  it.each(['https://h', 'https://h/', 'https://h//'])('starts every link with %s, once', (urlRoot) => {
    const links = linksBelow(urlRoot);
    expect(links.policies(ref('T', 'G'))).toBe('https://h/v1.0/T/groups/G/policies/');
    expect(links.capability('abc' as CapabilityHash)).toBe('https://h/v1.0/execute/1/abc/');
  });

  it('percent-encodes ids as UTF-8', () => {
    expect(linksBelow('https://h').group(ref('Ω x', 'a/b?c'))).toBe('https://h/v1.0/%CE%A9%20x/groups/a%2Fb%3Fc/');
  });
});

describe('nextPage', () => {
  const page = (limit: number, ...ids: string[]) =>
    nextPage(
      'https://h/c/',
      { limit },
      ids.map((id) => ({ id })),
    );
  it('links to the page after the last id of a full page', () => {
    expect(page(2, 'a', 'b&c')).toEqual([{ href: 'https://h/c/?limit=2&marker=b%26c', rel: 'next' }]);
  });
  it('links nowhere after a page that is not full', () => {
    expect([page(2, 'a'), page(1)]).toEqual([[], []]);
  });
});

import { describe, expect, it } from 'vitest';
import type { TenantId } from '../model/identifiers.ts';
import { silentLog } from '../ports.ts';
import { UnreadWatch } from './unread-watch.ts';

describe('UnreadWatch', () => {
  it('says of each source once that it cannot be read, and once that it can again', () => {
    const said: string[] = [];
    const say = (level: string) => (fields: object) => said.push(`${level} ${(fields as { source: string }).source}`);
    const watch = new UnreadWatch('tenant' as TenantId, { ...silentLog, warn: say('warn'), info: say('info') });
    const unread = { reason: '500', missing: false };
    watch.noted('pools', undefined);
    watch.noted('load balancer 7', unread);
    watch.noted('load balancer 7', { ...unread, reason: '503' });
    watch.noted('pools', unread);
    watch.noted('load balancer 7', undefined);
    watch.noted('load balancer 7', undefined);
    watch.noted('load balancer 7', unread);
    expect(said).toEqual(['warn load balancer 7', 'warn pools', 'info load balancer 7', 'warn load balancer 7']);
  });
});

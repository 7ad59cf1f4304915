import { epochMs, milliseconds, novaStatuses, type ServerId, type TenantId } from '@lutra/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseServer, readServer, serverJson } from './server-json.ts';
import { lookOf, newServer } from './server-record.ts';

const tenantId = '829409' as TenantId;

/** Servers as they may look: metadata of groups and of nobody, on ServiceNet or not, in any state, being deleted or not. */
const looks = fc
  .record({
    name: fc.string(),
    status: fc.constantFrom(...novaStatuses),
    deletingShown: fc.boolean(),
    address: fc.constantFrom('', '10.176.0.7', '192.168.0.7'),
    isolated: fc.constantFrom({}, { private: '192.168.0.9' }, { own: '192.168.0.9' }),
    createdAt: fc.nat({ max: 10 ** 12 }),
    metadata: fc.dictionary(
      fc.constantFrom(
        'rax:autoscale:group:id',
        'rax:autoscale:lb:CloudLoadBalancer:7',
        'rax:autoscale:lb:RackConnectV3:P',
        'rax:autoscale:server:state',
        'lutra:create-token',
      ),
      fc.constantFrom('', 'DRAINING', '[{"port":80}]', 'a'),
    ),
  })
  .map(({ name, metadata, createdAt, ...state }) => {
    const request = { name, imageRef: 'image', flavorRef: '2', metadata };
    return lookOf({ ...newServer(1, 's1' as ServerId, request, [{ rel: 'self' }], epochMs(createdAt), 0), ...state });
  });

describe('readServer', () => {
  it('tells what a client reads from the JSON', () => {
    fc.assert(
      fc.property(looks, (look) => {
        const server = readServer(look);
        expect(server).toEqual(parseServer(serverJson(look, 'https://compute.cloud.example/v2', tenantId)));
      }),
    );
  });

  it('tells whole seconds, as Nova does', () => {
    const record = newServer(1, 's1' as ServerId, { name: 'web' }, [], epochMs(1500), 0);
    expect(readServer(lookOf(record)).createdAt).toBe(milliseconds(1000));
  });
});

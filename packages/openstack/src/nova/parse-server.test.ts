import { parseInstant } from '@lutra/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AddressRule, addressRuleOf } from './address-rule.ts';
import { deletionIn, parseServer } from './parse-server.ts';

const rule = addressRuleOf() as AddressRule;
/** The example of spec/providers.md, section 3.1. */
const example = {
  id: 's1',
  name: 'web-as01ab23cd',
  status: 'ACTIVE',
  created: '2016-01-02T03:04:05Z',
  updated: '2016-01-02T03:05:00Z',
  'OS-EXT-STS:task_state': null,
  image: { id: 'i1' },
  flavor: { id: '2' },
  links: [{ rel: 'self', href: 'https://x/v2/123/servers/s1' }],
  addresses: { private: [{ addr: '10.1.2.3', version: 4 }], public: [] },
  metadata: { 'rax:autoscale:group:id': 'g1' },
};
const read = (more: object): unknown => parseServer({ ...example, ...more }, rule);
const withStatus = (status: string, task: unknown, more: object = {}): unknown => read({ status, 'OS-EXT-STS:task_state': task, ...more });

describe('parseServer', () => {
  it('reads the server of the documents', () => {
    expect(parseServer(example, rule)).toEqual({
      value: {
        id: 's1',
        name: 'web-as01ab23cd',
        state: 'ACTIVE',
        createdAt: parseInstant('2016-01-02T03:04:05Z'),
        servicenetAddress: '10.1.2.3',
        groupId: 'g1',
        desiredLoadBalancers: [],
        marked: false,
        createToken: undefined,
        links: example.links,
      },
    });
  });
  it('reads what metadata says', () => {
    const metadata = {
      'rax:auto_scaling_group_id': 'g2',
      'rax:autoscale:lb:CloudLoadBalancer:77': '[{"port": 80}]',
      'rax:autoscale:lb:RackConnectV3:ABC': '',
      'rax:autoscale:server:state': 'DRAINING',
      'lutra:create-token': 't1',
    };
    expect(read({ metadata })).toMatchObject({
      value: {
        groupId: 'g2',
        marked: true,
        createToken: 't1',
        desiredLoadBalancers: [
          { kind: 'clb', loadBalancerId: '77', port: 80 },
          { kind: 'rcv3', poolId: 'abc' },
        ],
      },
    });
  });
  it.each([undefined, null, 'x', 7, ['rax:autoscale:group:id']])('takes metadata that is no object for none: %j', (metadata) => {
    expect(read({ metadata })).toMatchObject({ value: { id: 's1', groupId: undefined } });
  });
  it.each(['', 'image that is no object', null])('does not need an image: %j', (image) => {
    expect(read({ image, flavor: null, name: undefined, links: undefined, addresses: null })).toMatchObject({
      value: { name: '', links: [], servicenetAddress: '' },
    });
  });

  it.each(['SHELVED', 'SOFT_DELETED', 'SOMETHING_NEW', 'active'])(
    'takes a status that nobody knows for a state like others: %s',
    (status) => {
      expect(withStatus(status, null)).toMatchObject({ value: { state: 'UNRECOGNISED' } });
    },
  );
  it.each(['deleting', ' Deleting '])('takes a server that is being deleted for deleted: "%s"', (task) => {
    expect(withStatus('ACTIVE', task)).toMatchObject({ value: { state: 'DELETED' } });
  });
  it('takes a building server without a task for building (openstack N34)', () => {
    expect(withStatus('BUILD', null)).toMatchObject({ value: { state: 'BUILD' } });
  });
  it('reads DELETED as gone (openstack N3)', () => {
    expect(withStatus('DELETED', null)).toMatchObject({ value: { state: 'DELETED' } });
  });
  it('reads why a server is in ERROR, without the blank at the end (openstack N33)', () => {
    const fault = { code: 500, created: '2016-01-02T03:04:06Z', message: 'No valid host was found. ' };
    expect(withStatus('ERROR', null, { fault })).toMatchObject({ value: { fault: 'No valid host was found.' } });
    expect(withStatus('ERROR', null)).not.toHaveProperty('value.fault');
    expect(withStatus('ERROR', null, { fault: { message: 'x'.repeat(5000) } })).toHaveProperty('value.fault.length', 1000);
  });
  it('takes UNKNOWN without metadata for no answer: its cell is down (microversion 2.69)', () => {
    const partial = { id: 's1', status: 'UNKNOWN', tenant_id: 't', created: '2016-01-02T03:04:05Z', links: [], security_groups: [] };
    expect(parseServer(partial, rule)).toEqual({ value: undefined });
    expect(withStatus('UNKNOWN', null)).toMatchObject({ value: { state: 'UNKNOWN', groupId: 'g1' } });
  });

  it.each([
    [{ id: undefined }, 'server.id', 'server.id is missing, not a text'],
    [{ id: 7 }, 'server.id', 'server.id is a number, not a text'],
    [{ id: '' }, 'server.id', 'server.id is empty, not a text'],
    [{ status: null }, 'server.status', 'server.status is null, not a text'],
    [{ created: [] }, 'server.created', 'server.created is a list, not an instant such as 2016-01-02T03:04:05Z'],
    [{ created: 'secret' }, 'server.created', 'server.created is another text, not an instant such as 2016-01-02T03:04:05Z'],
  ])('names the field that is wrong: %j', (more, field, problem) => {
    expect(read(more)).toEqual({ field, problem });
  });
  it('says that a server is no object', () => {
    expect(parseServer('s1', rule, 'servers[3]')).toEqual({ field: 'servers[3]', problem: 'servers[3] is another text, not an object' });
  });

  it('never throws, whatever the JSON', () => {
    const anyField = fc.oneof(fc.jsonValue(), fc.constantFrom('ACTIVE', 'UNKNOWN', '2016-01-02T03:04:05Z', {}, []));
    const anyServer = fc.dictionary(fc.constantFrom(...Object.keys(example), 'fault', '__proto__'), anyField);
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), anyServer), (json) => {
        const reading = parseServer(json, rule);
        expect('value' in reading || reading.field.startsWith('server')).toBe(true);
      }),
    );
  });
});

describe('deletionIn', () => {
  it.each([
    ['ACTIVE', 'deleting', 'shown'],
    ['BUILD', ' DELETING ', 'shown'],
    ['DELETED', null, 'shown'],
    ['SOFT_DELETED', null, 'shown'],
    ['ACTIVE', null, 'not-shown'], // providers 12.3, openstack N2
    ['ACTIVE', undefined, 'not-shown'],
    ['ACTIVE', 7, 'not-shown'],
  ])('%s with task %j: %s', (status, task, deletion) => {
    expect(deletionIn({ ...example, status, 'OS-EXT-STS:task_state': task })).toBe(deletion);
  });
  it('is shown by the state of the machine too', () => {
    expect(deletionIn({ ...example, 'OS-EXT-STS:vm_state': 'deleted' })).toBe('shown');
    expect(deletionIn(null)).toBe('not-shown');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CreateToken, GroupId } from '../model/identifiers.ts';
import { serverRequest } from './server-request.ts';

const token = '0123456789abcdef' as CreateToken;
const nameOf = (name?: string): string =>
  serverRequest({ type: 'launch_server', args: { server: name === undefined ? {} : { name } } }, 'g' as GroupId, token).serverName;

describe('serverRequest', () => {
  it('names a server by its launch configuration and its token', () => {
    expect([nameOf('web'), nameOf(''), nameOf()]).toEqual(['web-AS01234567', 'AS01234567', 'AS01234567']);
  });

  it('leaves out the metadata keys that only we write, and keeps all others', () => {
    const metadata = {
      'rax:autoscale:server:state': 'DRAINING',
      'rax:autoscale:group:id': 'other',
      'rax:autoscale:lb:CloudLoadBalancer:9': '[{"port":80}]',
      'rax:auto_scaling_group_id': 'other',
      'lutra:create-token': 'forged',
      'lutra:colour': 'blue',
      'rax:other': 'x',
    };
    const { server } = serverRequest({ type: 'launch_server', args: { server: { metadata } } }, 'g' as GroupId, token);
    expect(server.metadata).toEqual({
      'lutra:colour': 'blue',
      'rax:other': 'x',
      'rax:autoscale:group:id': 'g',
      'rax:auto_scaling_group_id': 'g',
      'lutra:create-token': token,
    });
  });

  it('cuts a long name between characters, so that the whole is 255 characters', () => {
    expect(nameOf('😀'.repeat(300))).toBe(`${'😀'.repeat(244)}-AS01234567`);
    expect(nameOf('😀'.repeat(127))).toBe(`${'😀'.repeat(127)}-AS01234567`);
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'é', '😀', '界'), minLength: 230, maxLength: 300 }), (name) => {
        const made = nameOf(name);
        expect([made.isWellFormed(), Array.from(made).length]).toEqual([true, Math.min(255, Array.from(name).length + 11)]);
      }),
    );
  });
});

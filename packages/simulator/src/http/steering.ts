/**
 * Who may steer a simulated cloud: read and set its truth, its faults, its time and its users' secrets, whatever the tokens of its tenants
 * allow. Callers on this machine may, and whoever shows the token of an administrator.
 */
import type { IncomingMessage } from 'node:http';
import type { Identity } from '../identity/identity.ts';
import { defaultPassword } from '../identity/identity-data.ts';
import { roles } from '../identity/roles.ts';
import type { HttpAnswer } from './answer.ts';

const administrators: readonly string[] = [roles.service, 'admin'];
/** Headers that proxies add: what comes through one comes from elsewhere, although the proxy runs on this machine. */
const ofProxies = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const;

export const mayNotSteer: HttpAnswer = {
  status: 403,
  headers: { Connection: 'close' }, // what it sends is not read
  body: {
    forbidden: {
      message:
        'This is for callers on this machine, not through a proxy, or with the token of a user who has the role ' +
        `${administrators.join(' or ')} and a password other than the one of the documents.`,
      code: 403,
    },
  },
};

/** `identity`: whose tokens count. Everybody knows the password of the default users, so their tokens do not. */
export function maySteer(
  { socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>,
  identity: Pick<Identity, 'token' | 'user'>,
): boolean {
  if (isLocal({ socket, headers })) return true;
  const id = headers['x-auth-token'];
  const token = typeof id === 'string' ? identity.token(id) : undefined;
  const user = token && identity.user(token.user);
  return user !== undefined && user.password !== defaultPassword && user.roles.some((role) => administrators.includes(role));
}

/** Whether a request comes from this machine, and not through a proxy. */
export const isLocal = ({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): boolean =>
  isLoopback(socket.remoteAddress) && ofProxies.every((name) => headers[name] === undefined);

/** Whether this is an address of the machine itself, which nobody else can call from. */
const isLoopback = (address: string | undefined): boolean => address !== undefined && /^(?:::ffff:)?127\.|^::1$/.test(address);

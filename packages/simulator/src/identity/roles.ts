import type { OperationName } from '../world/calls.ts';
import { serviceOf } from '../world/operation-names.ts';
import type { Service } from '../world/service.ts';

/** Roles that are not one product's: of an account's owner, and of a service that may act for anybody. */
export const roles = { owner: 'identity:user-admin', service: 'identity:admin' } as const;

/** What a user may do with a product; `none`: no role on it, so nothing. */
export const productLevels = ['admin', 'creator', 'observer', 'none'] as const;

type Access = 'read' | 'write' | 'delete';

/** What a call does, by its verb. */
export function accessOf(op: OperationName): Access {
  const verb = op.slice(op.indexOf('.') + 1);
  if (verb.startsWith('list') || verb.startsWith('get')) return 'read';
  return verb.startsWith('delete') || verb.startsWith('remove') ? 'delete' : 'write';
}

/** Products by their prefix in roles. RackConnect pools have no roles of their own: who may change load balancers may change them. */
const products: Readonly<Partial<Record<Service, string>>> = { nova: 'nova', images: 'nova', clb: 'lbaas', rcv3: 'lbaas' };
const allowed: Readonly<Record<Access, readonly string[]>> = {
  read: ['observer', 'creator', 'admin'],
  write: ['creator', 'admin'],
  delete: ['admin'],
};

/**
 * Whether somebody with these roles may make the call: an observer only reads, a creator may do all but delete, an admin everything. A
 * role without a product counts for all of them; the account's owner may do everything. Services without roles are open to all users.
 */
export function mayCall(op: OperationName, names: readonly string[]): boolean {
  const product = products[serviceOf(op)];
  if (product === undefined || names.includes(roles.owner) || names.includes(roles.service)) return true;
  return allowed[accessOf(op)].some((level) => names.includes(`${product}:${level}`) || names.includes(level));
}

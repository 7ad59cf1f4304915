/**
 * Why a group is in ERROR. A pass adds causes and ends them; nobody writes a status. Each cause has its own end, and each carries the
 * counter that commands raise: it stands only while the two are equal, so a command ends causes without writing progress.
 */
import type { LoadBalancerId, PoolId } from './identifiers.ts';
import type { EpochMs } from './time.ts';

/** What the cloud refused for good (spec/planner.md, D14). */
export type BlockSubject =
  /** Creates beyond this many servers. */
  | { readonly of: 'quota'; readonly servers: number }
  /** Every create from this launch configuration. */
  | { readonly of: 'launch-configuration' }
  /** Nodes of one load balancer beyond this many. `seen`: nodes that were on it when the cloud last refused. */
  | { readonly of: 'nodes'; readonly loadBalancerId: LoadBalancerId; readonly most: number; readonly seen: number }
  /** New nodes with this port on one load balancer: nodes with other ports are added all the same. */
  | { readonly of: 'port'; readonly loadBalancerId: LoadBalancerId; readonly port: number }
  /** Every write to one load balancer but removals. */
  | { readonly of: 'load-balancer'; readonly loadBalancerId: LoadBalancerId }
  /** New members of one pool. */
  | { readonly of: 'pool'; readonly poolId: PoolId };

/** The counter of the spec that ends a cause when it is raised. */
export type ResetCounter = 'resets' | 'createResets';

interface Stands {
  /** A sentence that the tenant may read, already cut to its bound. */
  readonly sentence: string;
  /** When it arose. */
  readonly since: EpochMs;
  readonly counter: ResetCounter;
  /** The counter's value when it arose. */
  readonly at: number;
}

/** One reason why a group is in ERROR. */
export type Cause =
  /** Something was refused for good: ends by a command. */
  | (Stands & { readonly kind: 'block'; readonly subject: BlockSubject })
  /** Servers fail before they are in service: ends when one stays. */
  | (Stands & { readonly kind: 'births' })
  /** Waited for too long: ends when what was waited for comes. `key`: what that is. */
  | (Stands & { readonly kind: 'waited'; readonly key: string })
  /** The brake on mass failure: ends when somebody has looked, or most servers are well again. */
  | (Stands & { readonly kind: 'braked' });

import type { LoadBalancerId, NodeId, ServerId } from '../model/identifiers.ts';
import type { NodeChange, NodeRequest, PoolMember } from '../model/load-balancer.ts';
import type { EpochMs } from '../model/time.ts';
import type { Reason } from './reasons.ts';

interface Because {
  /** Why; a merged step has the reasons of all its parts. Never empty. */
  readonly because: readonly [Reason, ...Reason[]];
}

/** One thing to do, or to wait for, towards the desired state. JSON. */
export type Step =
  | (Because & { readonly kind: 'create-server' })
  | (Because & { readonly kind: 'delete-server'; readonly serverId: ServerId })
  /** Sets the draining mark. */
  | (Because & { readonly kind: 'mark-server'; readonly serverId: ServerId })
  /** Takes our metadata off the server, so that it is nobody's. */
  | (Because & { readonly kind: 'release-server'; readonly serverId: ServerId })
  | (Because & { readonly kind: 'add-nodes'; readonly loadBalancerId: LoadBalancerId; readonly nodes: readonly NodeRequest[] })
  | (Because & { readonly kind: 'remove-nodes'; readonly loadBalancerId: LoadBalancerId; readonly nodeIds: readonly NodeId[] })
  | (Because & {
      readonly kind: 'change-node';
      readonly loadBalancerId: LoadBalancerId;
      readonly nodeId: NodeId;
      readonly change: NodeChange;
    })
  | (Because & { readonly kind: 'add-pool-members'; readonly members: readonly PoolMember[] })
  | (Because & { readonly kind: 'remove-pool-members'; readonly members: readonly PoolMember[] })
  /** Look again. `limited`: not for ever (Options.waitingTimeout). `until`: not before that instant of our clock. */
  | (Because & { readonly kind: 'converge-later'; readonly limited: boolean; readonly until?: EpochMs })
  /** This part of the group cannot converge before somebody changes something. */
  | (Because & { readonly kind: 'fail' });

export type StepOf<K extends Step['kind']> = Extract<Step, { kind: K }>;

/** Steps that change something in the cloud. */
export type WritingStep = Exclude<Step, { kind: 'converge-later' | 'fail' }>;
/** Steps on one Cloud Load Balancer: at most one of them a pass, because each locks it for seconds. */
export type LoadBalancerStep = StepOf<'add-nodes' | 'remove-nodes' | 'change-node'>;

export const isWriting = (step: Step): step is WritingStep => step.kind !== 'converge-later' && step.kind !== 'fail';
export const isCreate = (step: Step): step is StepOf<'create-server'> => step.kind === 'create-server';
/** The brake on mass failure is on: nobody is believed to be dead or gone. */
export const isBraked = (step: Step): boolean => step.kind === 'fail' && step.because[0].rule === 'mass-failure';
export const isLoadBalancerStep = (step: Step): step is LoadBalancerStep =>
  step.kind === 'add-nodes' || step.kind === 'remove-nodes' || step.kind === 'change-node';

import { between, type DurationMs, type EpochMs, later, type NodeId, type NodeStatus, type TenantId } from '@lutra/core';
import type { LoadBalancerRecord, NodeRecord } from './load-balancer-record.ts';
import { drawDuration, paces } from './pace.ts';
import type { Surroundings } from './surroundings.ts';

/** What probes find out, and tell. */
export interface Probed {
  /** Whether something answers at an address. */
  readonly answersAt: (address: string) => boolean;
  /** A node is in this status from now on. */
  readonly found: (record: LoadBalancerRecord, id: NodeId, status: NodeStatus) => void;
}

/** The health monitors of one tenant's load balancers: they look when a node is added, and whenever something happens to its server. */
export class HealthProbes {
  readonly #tenantId: TenantId;
  readonly #around: Surroundings;
  readonly #probed: Probed;

  constructor(tenantId: TenantId, around: Surroundings, probed: Probed) {
    this.#tenantId = tenantId;
    this.#around = around;
    this.#probed = probed;
  }

  /** The health monitor looks at a node; its verdict comes after as many probes as it needs. */
  look(record: LoadBalancerRecord, { id, fate }: NodeRecord): void {
    if (!record.settings.healthMonitor) return;
    const { clock, random, pace } = this.#around;
    const takes =
      typeof fate.online === 'number'
        ? fate.online
        : drawDuration(pace.probe ?? paces.demo.probe, random, 'probe', this.#tenantId, record.id, id, clock.now());
    this.verdictAt(record, id, later(clock.now(), takes));
  }

  /** Its verdict comes then. */
  verdictAt(record: LoadBalancerRecord, id: NodeId, at: EpochMs): void {
    record.probes.get(id)?.timer.unsubscribe();
    const { clock } = this.#around;
    const timer = clock.after(between(clock.now(), at)).subscribe(() => {
      record.probes.delete(id);
      const node = record.nodes.get(id);
      if (node !== undefined)
        this.#probed.found(record, id, node.fate.online !== 'never' && this.#probed.answersAt(node.address) ? 'ONLINE' : 'OFFLINE');
      if (node?.fate.flaps !== undefined) this.#flap(record, id, node.fate.flaps);
    });
    record.probes.set(id, { at, timer });
  }

  /** The node goes OFFLINE and back, for as long as it is there and watched. */
  #flap(record: LoadBalancerRecord, id: NodeId, period: DurationMs): void {
    const { clock } = this.#around;
    const timer = clock.after(period).subscribe(() => {
      record.probes.delete(id);
      const node = record.nodes.get(id);
      if (node === undefined || !record.settings.healthMonitor) return;
      this.#probed.found(record, id, node.status === 'OFFLINE' && this.#probed.answersAt(node.address) ? 'ONLINE' : 'OFFLINE');
      this.#flap(record, id, period);
    });
    record.probes.set(id, { at: later(clock.now(), period), timer });
  }

  /** Nobody looks at this node any more. */
  stop(record: LoadBalancerRecord, id: NodeId): void {
    record.probes.get(id)?.timer.unsubscribe();
    record.probes.delete(id);
  }

  /** Nobody looks at any of its nodes any more. */
  stopAll(record: LoadBalancerRecord): void {
    for (const { timer } of record.probes.values()) timer.unsubscribe();
    record.probes.clear();
  }
}

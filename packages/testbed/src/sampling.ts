import { type Clock, type DurationMs, type GroupId, milliseconds, seconds, type TenantId } from '@lutra/core';
import type { GroupTruths, WatchedGroup } from './group-truths.ts';
import type { Happening } from './trace.ts';

/** A group at an instant. Only changes are kept. */
export interface Sample {
  /** Milliseconds since the start. */
  readonly at: number;
  /** Name in the scenario. */
  readonly group: string;
  readonly desired: number;
  /** ACTIVE and on all their load balancers, in truth. */
  readonly active: number;
  /** In BUILD, or ACTIVE and not on all their load balancers yet. */
  readonly pending: number;
  /** In ERROR and not being deleted yet. */
  readonly failed: number;
  /** Being drained or deleted. */
  readonly leaving: number;
  readonly status: 'ACTIVE' | 'ERROR';
}

/** Changes within this time make one sample. */
const interval: DurationMs = seconds(1);

/**
 * The groups of a run over time, in truth. Sampled one second after something happened in a tenant, and at once when somebody
 * meddled behind the engine's back; so a run where nothing happens costs nothing. Also knows since when each group has been converged.
 */
export class Sampler {
  readonly #clock: Clock;
  readonly #truths: GroupTruths;
  readonly #groups: ReadonlyMap<GroupId, WatchedGroup>;
  readonly #start: number;
  readonly #last = new Map<GroupId, string>();
  readonly #convergedSince = new Map<GroupId, number>();
  readonly #dirty = new Set<TenantId>();
  #atOnce = false;
  readonly samples: Sample[] = [];

  constructor(clock: Clock, truths: GroupTruths, groups: ReadonlyMap<GroupId, WatchedGroup>) {
    this.#clock = clock;
    this.#truths = truths;
    this.#groups = groups;
    this.#start = clock.now();
  }

  saw({ of, event }: Happening): void {
    if (of === 'scenario') return;
    if (of === 'cloud' && (event.kind === 'called' || event.kind === 'answered' || event.kind === 'faulted')) return;
    if (of === 'engine' && event.kind !== 'desired-changed' && event.kind !== 'status-changed') return;
    const fromOutside = 'by' in event && event.by === 'outsider';
    if (fromOutside && !this.#atOnce) {
      this.#atOnce = true;
      this.#clock.after(milliseconds(0)).subscribe(() => {
        this.#atOnce = false;
        this.sample();
      });
    } else if (!fromOutside && this.#dirty.size === 0) this.#clock.after(interval).subscribe(() => this.sample());
    this.#dirty.add(event.tenantId);
  }

  /** Looks at every group. */
  sampleAll(): void {
    for (const { ref } of this.#groups.values()) this.#dirty.add(ref.tenantId);
    this.sample();
  }

  /** Looks at every group of the tenants where something happened. */
  sample(): void {
    const at = this.#clock.now() - this.#start;
    for (const group of this.#groups.values()) {
      if (!this.#dirty.has(group.ref.tenantId)) continue;
      this.#keep(group, at);
      this.#judge(group, at);
    }
    this.#dirty.clear();
  }

  /** Since when the group has been converged, in ms from the start; undefined when it is not. */
  convergedSince({ ref: { groupId } }: WatchedGroup): number | undefined {
    return this.#convergedSince.get(groupId);
  }

  #keep(group: WatchedGroup, at: number): void {
    const { inRotation, active, building, failed, leaving } = this.#truths.count(group);
    const { name, desired, status } = group;
    const state = { group: name, desired, active: inRotation, pending: building + active - inRotation, failed, leaving, status };
    const text = JSON.stringify(state);
    if (this.#last.get(group.ref.groupId) === text) return;
    this.#last.set(group.ref.groupId, text);
    this.samples.push({ at, ...state });
  }

  #judge(group: WatchedGroup, at: number): void {
    const { groupId } = group.ref;
    if (this.#truths.whyNotConverged(group).length > 0) this.#convergedSince.delete(groupId);
    else if (!this.#convergedSince.has(groupId)) this.#convergedSince.set(groupId, at);
  }
}

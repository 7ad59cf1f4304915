/** 10.176.0.0/12, the part of ServiceNet that servers get; the first address of it is left out. */
const first = 10 * 2 ** 24 + 176 * 2 ** 16;
const capacity = 2 ** 20 - 1;

const dotted = (value: number): string => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');

/**
 * One tenant's ServiceNet addresses. Fresh ones first; one that was given back is used again only when none is fresh,
 * the longest free first.
 */
export class Addresses {
  readonly #capacity: number;
  readonly #free: string[] = [];
  #taken = 0;

  constructor(most: number = capacity) {
    this.#capacity = most;
  }

  /** An address that no other server of the tenant has. */
  take(): string {
    if (this.#taken < this.#capacity) {
      this.#taken += 1;
      return dotted(first + this.#taken);
    }
    const address = this.#free.shift();
    if (address === undefined) throw new Error(`All ${this.#capacity} addresses of a simulated tenant are taken.`);
    return address;
  }

  /** The address that was given back last; a fresh one when there is none. */
  takeLatest(): string {
    return this.#free.pop() ?? this.take();
  }

  giveBack(address: string): void {
    this.#free.push(address);
  }

  snapshot(): AddressesSnapshot {
    return { taken: this.#taken, free: [...this.#free] };
  }
  restore({ taken, free }: AddressesSnapshot): void {
    this.#taken = taken;
    this.#free.splice(0, this.#free.length, ...free);
  }
}

export interface AddressesSnapshot {
  readonly taken: number;
  readonly free: readonly string[];
}

/** Whether an address is one that servers of the simulated cloud get. */
export function isServicenetAddress(address: string): boolean {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  const value = ((a * 256 + b) * 256 + c) * 256 + d;
  return value > first && value <= first + capacity;
}

/** A public address that goes with a ServiceNet address: in 203.0.0.0/8, nobody's in a simulation. */
export const publicAddressOf = (servicenetAddress: string): string => ['203', ...servicenetAddress.split('.').slice(1)].join('.');

import { Addresses, type AddressesSnapshot } from './addresses.ts';
import type { ServerFate, ServerRecord } from './server-record.ts';

/** Which server of a tenant has which ServiceNet address. */
export class ServerAddresses {
  readonly #addresses = new Addresses();
  readonly #holders = new Map<string, ServerRecord>();

  /** Puts a server on ServiceNet, and on the public network beside it. */
  connect(record: ServerRecord, { without, reusesAddress }: ServerFate): void {
    const address = reusesAddress === true ? this.#addresses.takeLatest() : this.#addresses.take();
    record.unpublic = without?.public === true;
    if (without?.servicenet === true) {
      record.publicBase = address;
      this.#addresses.giveBack(address);
      return;
    }
    record.address = address;
    this.hold(record);
  }

  /** The server gets another address; the one that it had is free. */
  move(record: ServerRecord): void {
    const before = record.address;
    record.address = this.#addresses.take();
    this.hold(record);
    this.#addresses.giveBack(before);
    this.#holders.delete(before);
  }

  /** The server has the address that its record says, if any. */
  hold(record: ServerRecord): void {
    if (record.address !== '') this.#holders.set(record.address, record);
  }

  /** The server is gone; its address is free. */
  release(record: ServerRecord): void {
    if (record.address === '') return;
    this.#addresses.giveBack(record.address);
    if (this.#holders.get(record.address) === record) this.#holders.delete(record.address);
  }

  holderOf(address: string): ServerRecord | undefined {
    return this.#holders.get(address);
  }

  snapshot(): AddressesSnapshot {
    return this.#addresses.snapshot();
  }
  /** Nobody has any address until `hold` says so. */
  restore(saved: AddressesSnapshot): void {
    this.#holders.clear();
    this.#addresses.restore(saved);
  }
}

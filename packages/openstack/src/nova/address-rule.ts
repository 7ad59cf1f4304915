import { byId } from '@lutra/core';
import { type IpAddress, parseIp } from './ip-address.ts';
import { entryOf, fieldsIn, textIn } from './reading.ts';

/** Which address of a server goes onto load balancers. */
export interface AddressRule {
  /** The label of the network; undefined = any. */
  readonly network: string | undefined;
  /** Whether an address is in the range. */
  readonly isInRange: (address: string) => boolean;
}
/** The rule as an operator writes it. */
export interface AddressOption {
  /** The label of the network under which Nova shows the address, such as `private`. Absent: any. */
  readonly network?: string | undefined;
  /** `10.0.0.0/8`; of IPv6 too. Absent: every IPv4 address. */
  readonly cidr?: string | undefined;
}

/** ServiceNet (spec/providers.md, section 3.1): the first IPv4 address of the network `private` that starts with `10.`. */
export const serviceNet: AddressOption = { network: 'private', cidr: '10.0.0.0/8' };

/** The rule that an option states; a sentence when it states none. */
export function addressRuleOf({ network, cidr }: AddressOption = serviceNet): AddressRule | string {
  if (network === '') return 'The network of the address is empty. Give its label, or leave it out.';
  if (cidr === undefined) return { network, isInRange: (address) => parseIp(address)?.bits === 32 };
  const [, start = '', prefix = ''] = /^([0-9a-f.:]{1,45})\/(\d{1,3})$/i.exec(cidr) ?? [];
  const first = parseIp(start);
  if (first === undefined || Number(prefix) > first.bits) {
    return `The range "${cidr}" of the address is no CIDR. Write it as 10.0.0.0/8.`;
  }
  const rest = BigInt(first.bits - Number(prefix));
  const isInRange = (ip: IpAddress): boolean => ip.bits === first.bits && ip.value >> rest === first.value >> rest;
  return {
    network,
    isInRange: (address) => {
      const ip = parseIp(address);
      return ip !== undefined && isInRange(ip);
    },
  };
}

/** The first address that the rule allows, of Nova's `addresses`: networks by label, whatever their order. Empty when there is none. */
export function addressOf(addresses: unknown, { network, isInRange }: AddressRule): string {
  const networks = fieldsIn(addresses);
  const labels = network === undefined ? Object.keys(networks).sort(byId) : [network];
  for (const label of labels) {
    const found = fixedAddressesIn(entryOf(networks, label)).find(isInRange);
    if (found !== undefined) return found;
  }
  return '';
}

/** Every address that a server has, whatever it is for. */
export const addressesOf = (addresses: unknown): readonly string[] => Object.values(fieldsIn(addresses)).flatMap(addressesIn);

/** A floating address is on the way to the server, not on it. */
const fixedAddressesIn = (entries: unknown): readonly string[] =>
  addressesIn(Array.isArray(entries) ? entries.filter((entry: unknown) => fieldsIn(entry)['OS-EXT-IPS:type'] !== 'floating') : []);
const addressesIn = (entries: unknown): readonly string[] =>
  Array.isArray(entries)
    ? entries.map((entry: unknown) => textIn(fieldsIn(entry).addr)).filter((address) => parseIp(address) !== undefined)
    : [];

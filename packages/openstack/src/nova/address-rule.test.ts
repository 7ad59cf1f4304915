import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AddressOption, type AddressRule, addressesOf, addressOf, addressRuleOf } from './address-rule.ts';

const rule = (option?: AddressOption): AddressRule => addressRuleOf(option) as AddressRule;
const at = (...addresses: readonly string[]) => addresses.map((addr) => ({ addr, version: addr.includes(':') ? 6 : 4 }));

describe('addressOf', () => {
  it('is the first private IPv4 address that starts with 10., by default (ServiceNet)', () => {
    const addresses = { public: at('10.9.9.9'), private: at('fd00::1', '192.168.0.7', '10.1.2.3', '10.1.2.4') };
    expect(addressOf(addresses, rule())).toBe('10.1.2.3');
    expect(addressOf({ public: at('10.9.9.9') }, rule())).toBe('');
    expect(addressOf({ private: at('110.1.2.3', '100.10.1.2') }, rule())).toBe('');
  });
  it('is of the network that the option names (openstack N32)', () => {
    const addresses = { 'net-a': at('fd00::1', '192.168.0.7'), private: at('10.1.2.3') };
    expect(addressOf(addresses, rule({ network: 'net-a' }))).toBe('192.168.0.7');
    expect(addressOf(addresses, rule({ network: 'net-b' }))).toBe('');
    expect(addressOf(addresses, rule({ network: 'constructor' }))).toBe('');
  });
  it('is in the range that the option names, on any network, whatever their order', () => {
    const addresses = { b: at('172.16.5.1'), a: at('192.168.0.7', '172.16.5.9') };
    expect(addressOf(addresses, rule({ cidr: '172.16.0.0/12' }))).toBe('172.16.5.9');
    expect(addressOf({ a: addresses.a, b: addresses.b }, rule({ cidr: '172.16.0.0/12' }))).toBe('172.16.5.9');
    expect(addressOf({ a: at('fd00::1', 'fd01::1') }, rule({ cidr: 'fd01::/16' }))).toBe('fd01::1');
    expect(addressOf({ a: at('10.0.0.1') }, rule({ cidr: '::/96' }))).toBe('');
  });
  it('is no floating address', () => {
    const floating = { addr: '10.0.0.1', version: 4, 'OS-EXT-IPS:type': 'floating' };
    expect(addressOf({ private: [floating, { addr: '10.0.0.2', 'OS-EXT-IPS:type': 'fixed' }] }, rule())).toBe('10.0.0.2');
  });
  it('never throws, whatever the JSON', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom('private', '__proto__'), fc.jsonValue())), (json) => {
        expect(typeof addressOf(json, rule())).toBe('string');
        expect(Array.isArray(addressesOf(json))).toBe(true);
      }),
    );
  });
});

describe('addressRuleOf', () => {
  it.each(['10.0.0.0', '10.0.0.0/33', '300.0.0.0/8', 'x/8', '', 'fd00::/129', '10.0.0.0/-1', '10.0.0.0/8/8'])('refuses "%s"', (cidr) => {
    expect(addressRuleOf({ cidr })).toBe(`The range "${cidr}" of the address is no CIDR. Write it as 10.0.0.0/8.`);
  });
  it('refuses a network without a name', () => {
    expect(addressRuleOf({ network: '' })).toBe('The network of the address is empty. Give its label, or leave it out.');
  });
});

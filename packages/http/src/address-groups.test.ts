import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressGroup } from './address-groups.ts';

describe('addressGroup', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::FFFF:0a00:0001', '10.0.0.1'],
    ['0:0:0:0:0:ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
    ['somewhere', 'somewhere'],
  ])('counts %j as %j', (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });

  it('depends on nothing but the first 64 bits of an IPv6 address', () => {
    const parts = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 4, maxLength: 4 });
    const hex = (groups: readonly number[]): string => groups.map((group) => group.toString(16)).join(':');
    fc.assert(
      fc.property(parts, parts, parts, (network, one, other) => {
        fc.pre(network.some((group) => group !== 0));
        expect(addressGroup(`${hex(network)}:${hex(one)}`)).toBe(addressGroup(`${hex(network)}:${hex(other)}`));
        expect(addressGroup(`${hex(network)}:${hex(one)}`)).toBe(`${hex(network)}::/64`);
      }),
    );
  });
});

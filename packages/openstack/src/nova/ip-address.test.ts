import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIp } from './ip-address.ts';

const v6 = (text: string): bigint | undefined => {
  const ip = parseIp(text);
  return ip?.bits === 128 ? ip.value : undefined;
};

describe('parseIp', () => {
  it('reads IPv4', () => {
    expect(parseIp('10.1.2.3')).toEqual({ bits: 32, value: 0x0a01_0203n });
    expect(parseIp('255.255.255.255')).toEqual({ bits: 32, value: 0xffff_ffffn });
  });
  it('reads every way to write an IPv6 address', () => {
    expect(v6('2001:db8::1')).toBe(v6('2001:0DB8:0:0:0:0:0:1'));
    expect(v6('::')).toBe(0n);
    expect(v6('1::')).toBe(1n << 112n);
    expect(v6('::ffff:10.1.2.3')).toBe(0xffff_0a01_0203n);
    expect(v6('1:2:3:4:5:6:7::')).toBe(v6('1:2:3:4:5:6:7:0'));
  });
  it.each([
    '',
    '10.1.2',
    '10.1.2.3.4',
    '256.1.1.1',
    '01.2.3.4',
    '10.1.2.3 ',
    ':',
    '1:2',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7:8::',
    '::g',
    '::1.2.3',
  ])('reads nothing else: "%s"', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });
  it('reads just what Node takes for an address, and the same one', () => {
    const parts = fc.constantFrom(':', '::', '.', '0', '1', 'ff', 'a0', '255', '10.0.0.1');
    const anyText = fc.array(parts, { maxLength: 17 }).map((all) => all.join(''));
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), anyText), (text) => {
        const ip = parseIp(text);
        expect(ip?.bits ?? 0).toBe({ 0: 0, 4: 32, 6: 128 }[isIP(text)]);
        if (ip === undefined) return;
        const list = new BlockList();
        list.addAddress(text, ip.bits === 32 ? 'ipv4' : 'ipv6');
        const digits = ip.value.toString(16).padStart(ip.bits / 4, '0');
        const written =
          ip.bits === 32
            ? digits
                .match(/../g)
                ?.map((byte) => Number(`0x${byte}`))
                .join('.')
            : digits.match(/.{4}/g)?.join(':');
        expect(list.check(written ?? '', ip.bits === 32 ? 'ipv4' : 'ipv6')).toBe(true);
      }),
    );
  });
});

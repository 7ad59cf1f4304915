import { isIPv4, isIPv6 } from 'node:net';

/**
 * What counts as one address when connections are counted: an IPv4 address, also when it is written as an IPv6 one (`::ffff:10.0.0.1`), or
 * the first 64 bits of an IPv6 address, since one customer has all the addresses below them. Text that is no address stands for itself.
 */
export function addressGroup(address: string): string {
  const [text = ''] = address.split('%'); // a link-local address names its interface there
  if (isIPv4(text) || !isIPv6(text)) return text;
  const groups = groupsOf(text);
  const [high = 0, low = 0] = groups.slice(6);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** The eight groups of 16 bits of an IPv6 address. */
function groupsOf(address: string): readonly number[] {
  const hexadecimal = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [before = '', after] = hexadecimal.split('::');
  const numbers = (part: string): readonly number[] => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [start, end] = [numbers(before), numbers(after ?? '')];
  return [...start, ...Array.from({ length: 8 - start.length - end.length }, () => 0), ...end];
}

/** An IP address as a number: two texts of one address are equal. */
export interface IpAddress {
  /** 32 for IPv4, 128 for IPv6. */
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** The address that a text writes; undefined when it writes none. Zones (`%eth0`) are none. */
export function parseIp(text: string): IpAddress | undefined {
  const v4 = v4Value(text);
  if (v4 !== undefined) return { bits: 32, value: v4 };
  const groups = text.length > 45 ? undefined : groupsOf(text);
  return groups === undefined ? undefined : { bits: 128, value: groups.reduce((value, group) => (value << 16n) | group, 0n) };
}

/** Without leading zeros: some read them as octal. */
const v4Part = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const v4Form = new RegExp(`^${v4Part}\\.${v4Part}\\.${v4Part}\\.${v4Part}$`);

function v4Value(text: string): bigint | undefined {
  const match = v4Form.exec(text);
  return match?.slice(1).reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

/** The eight groups of an IPv6 address (RFC 4291, section 2.2): `::` stands once for as many zeros as are missing. */
function groupsOf(text: string): readonly bigint[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === '' ? [] : groupsIn(half.split(':'))));
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  if (tail === undefined || head.length + tail.length > 7) return undefined;
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0n), ...tail];
}

/** Groups of hexadecimal digits; the last may be an IPv4 address, which is two. Undefined when one is neither. */
function groupsIn(parts: readonly string[]): readonly bigint[] | undefined {
  const groups: bigint[] = [];
  for (const [index, part] of parts.entries()) {
    const v4 = index === parts.length - 1 ? v4Value(part) : undefined;
    if (v4 !== undefined) groups.push(v4 >> 16n, v4 & 0xffffn);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}

import { isIPv6 } from 'node:net';

/** Groups of an IPv6 address that name its network: providers give each customer a /64 (RFC 6177 §2). */
const networkGroups = 4;

/** Names the network of an address: an IPv4 address itself, an IPv6 address by its /64. */
export function networkOf(ip: string): string {
  if (!isIPv6(ip)) return ip;
  const [head = '', tail] = ip.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const end = tail === '' ? [] : tail.split(':');
    while (groups.length + end.length < 8) groups.push('0');
  }
  return groups
    .slice(0, networkGroups)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}

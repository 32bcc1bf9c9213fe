import { isIPv6 } from 'node:net';

/** Groups of an IPv6 address that name its network: providers give each customer a /64 (RFC 6177 §2). */
const networkGroups = 4;

/** Names the network of an address: an IPv4 address itself, an IPv6 address by its /64. */
export function networkOf(ip: string): string {
  if (!isIPv6(ip)) return ip;
  return groupsOf(ip)
    .slice(0, networkGroups)
    .map((group) => group.toString(16))
    .join(':');
}

/** Reads the eight groups of an IPv6 address. */
export function groupsOf(ip: string): number[] {
  const [address = ''] = ip.split('%');
  const [head = '', tail] = address.split('::');
  const groups = readGroups(head);
  if (tail === undefined) return groups;
  const end = readGroups(tail);
  while (groups.length + end.length < 8) groups.push(0);
  return [...groups, ...end];
}

function readGroups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    // The last two groups may be written as an IPv4 address.
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

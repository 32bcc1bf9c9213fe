import { isIPv4 } from 'node:net';
import { readIp } from './caller.ts';
import { groupsOf } from './network.ts';

/** How much of an IP address is stored: all of it, its network, or nothing. */
export type IpMode = 'full' | 'truncated' | 'off';

/** Reads the IP address of a caller as it is stored; `null` for none. */
export type ReadIp = (ip: string | null | undefined) => string | null;

/** How many groups of an IPv6 address stay: 48 bits. */
const keptGroups = 3;

export function createReadIp(mode: IpMode): ReadIp {
  if (mode === 'full') return readIp;
  if (mode === 'off') return () => null;
  return (ip) => {
    const full = readIp(ip);
    return full === null ? null : truncateIp(full);
  };
}

/** Keeps 24 bits of an IPv4 address, mapped to IPv6 or not, and 48 of an IPv6 address. */
function truncateIp(ip: string): string {
  if (isIPv4(ip)) return `${ip.slice(0, ip.lastIndexOf('.'))}.0`;
  const groups = groupsOf(ip);
  const [high = 0, low = 0] = groups.slice(-2);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xff_ff;
  if (isMapped) return [high >> 8, high & 255, low >> 8, 0].join('.');
  const kept = groups.slice(0, keptGroups);
  while (kept.at(-1) === 0) kept.pop();
  return `${kept.map((group) => group.toString(16)).join(':')}::`;
}

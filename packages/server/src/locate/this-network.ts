import proxyAddr from 'proxy-addr';

/** `100.64.0.0/10` (RFC 6598): a caller from there is in the same carrier's network as the server, or in the same VPN. */
const ranges = ['loopback', 'linklocal', 'uniquelocal', '100.64.0.0/10'];

const isInRanges = proxyAddr.compile(ranges);

/** The text that stands for a place, where an address has none. */
export const thisNetworkText = 'This network';

/** Returns whether an address is of no public network: loopback, private (RFC 1918, RFC 4193), link-local or shared (RFC 6598). */
export function isThisNetwork(ip: string): boolean {
  return isInRanges(ip, 0);
}

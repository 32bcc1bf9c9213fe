import { isIP, SocketAddress } from 'node:net';
import type { IncomingRequest } from './request.ts';
import { readTrustProxy, type TrustProxy } from './trust-proxy.ts';

/** More proxies in a row than any network has: the header may name thousands. */
const maxHops = 32;

/**
 * The address of the caller: the first in `X-Forwarded-For`, from its end, that is no proxy of ours.
 *
 * @throws {TypeError} `trustProxy` has a wrong shape
 */
export function addressOf(
  { remoteAddress, header }: IncomingRequest,
  trustProxy: TrustProxy | undefined,
): string | undefined {
  if (trustProxy === undefined || trustProxy === false) return remoteAddress;
  const isProxy = readTrustProxy(trustProxy);
  let address = remoteAddress;
  let rest = header('x-forwarded-for')?.trim() ?? '';
  for (let hop = 0; rest !== '' && hop < maxHops && isProxy(address, hop); hop += 1) {
    const comma = rest.lastIndexOf(',');
    address = withoutPort(rest.slice(comma + 1).trim());
    rest = rest.slice(0, Math.max(comma, 0));
  }
  return address;
}

/** Some proxies write `1.2.3.4:5678` and `[2001:db8::1]:443`. */
function withoutPort(address: string): string {
  // V8 12.4 (Node 22) refuses one name for two groups.
  const { ipv6, ipv4 } = /^\[(?<ipv6>.+)\](?::\d+)?$|^(?<ipv4>[\d.]+):\d+$/.exec(address)?.groups ?? {};
  return ipv6 ?? ipv4 ?? address;
}

/** The longest way to write an IPv6 address, and the name of its zone (RFC 4007 §11). */
const maxAddressLength = 100;

/**
 * Writes an address in the one way that we store: no zone, an IPv4-mapped address as IPv4, IPv6 compressed. Returns
 * `null` for anything that is no address.
 */
export function canonicalIp(address: unknown): string | null {
  if (typeof address !== 'string' || address.length > maxAddressLength) return null;
  const plain = address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  const version = isIP(plain);
  if (version === 0) return null;
  if (version === 4) return plain;
  const { address: compressed } = new SocketAddress({ address: plain, family: 'ipv6' });
  return compressed.replace(/^::ffff:(?=\d+\.)/, '');
}

import type { IncomingMessage } from 'node:http';
import { isIP, SocketAddress } from 'node:net';
import proxyAddr from 'proxy-addr';
import type { IncomingRequest } from './request.ts';

/**
 * Which proxies to believe about `X-Forwarded-For`: how many hops, the addresses or subnets of yours (`'loopback'` and
 * the like too), or a function of address and hop. As in Express and `proxy-addr`.
 */
export type TrustProxy = false | number | string | readonly string[] | ((address: string, hop: number) => boolean);

/**
 * The address of who is calling, believing the proxies that are trusted and no others.
 *
 * @throws {TypeError} `trustProxy` is none
 */
export function addressOf(request: IncomingRequest, trust: TrustProxy | undefined): string | undefined {
  const { remoteAddress, header } = request;
  if (trust === undefined || trust === false) return remoteAddress;
  const trusts = trustOf(trust);
  const forwardedFor = header('x-forwarded-for');
  if (forwardedFor === null) return remoteAddress;
  const addresses = forwardedFor.split(',').map((address) => withoutPort(address.trim()));
  const message = { headers: { 'x-forwarded-for': addresses.join() }, socket: { remoteAddress } };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- proxy-addr reads this header and this address, nothing else
  return proxyAddr(message as unknown as IncomingMessage, trusts);
}

/** Some proxies write `1.2.3.4:5678` and `[2001:db8::1]:443`. */
function withoutPort(address: string): string {
  // V8 12.4 (Node 22) refuses one name for two groups.
  const { ipv6, ipv4 } = /^\[(?<ipv6>.+)\](?::\d+)?$|^(?<ipv4>[\d.]+):\d+$/.exec(address)?.groups ?? {};
  return ipv6 ?? ipv4 ?? address;
}

type Trust = (address: string, hop: number) => boolean;

/** Compiled once for each list of proxies: the option is written inline, so it is a new object at every request. */
const compiled = new Map<string, Trust>();

function trustOf(trust: Exclude<TrustProxy, false>): Trust {
  // A `Request` of the Fetch API does not tell its peer.
  if (typeof trust === 'function')
    return (address: string | undefined, hop) => address !== undefined && trust(address, hop);
  if (typeof trust === 'number' && Number.isInteger(trust) && trust >= 0) return (_, hop) => hop < trust;
  const list = typeof trust === 'string' ? trust.split(',') : trust;
  if (!Array.isArray(list)) throw trustProxyError();
  const key = list.join();
  let known = compiled.get(key);
  if (known === undefined) compiled.set(key, (known = compile(list)));
  return known;
}

function compile(list: readonly string[]): Trust {
  const proxies = list.map((proxy) => proxy.trim()).filter((proxy) => proxy !== '');
  if (proxies.length === 0) return () => false;
  try {
    return proxyAddr.compile(proxies);
  } catch (cause) {
    throw trustProxyError(cause);
  }
}

function trustProxyError(cause?: unknown): TypeError {
  return new TypeError(
    "trustProxy: expected a hop count, addresses or subnets such as '10.0.0.0/8' or 'loopback', or a function",
    { cause },
  );
}

/** One address, one spelling: no zone, an IPv4-mapped address as IPv4, IPv6 compressed; `null` where it is none. */
export function canonicalIp(address: string | null | undefined): string | null {
  if (typeof address !== 'string') return null;
  const plain = address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  const version = isIP(plain);
  if (version === 0) return null;
  if (version === 4) return plain;
  const { address: compressed } = new SocketAddress({ address: plain, family: 'ipv6' });
  return compressed.replace(/^::ffff:(?=\d+\.)/, '');
}

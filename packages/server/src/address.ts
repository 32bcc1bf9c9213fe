import type { IncomingMessage } from 'node:http';
import { isIP, SocketAddress } from 'node:net';
import proxyAddr from 'proxy-addr';
import type { IncomingRequest } from './request.ts';

/**
 * Which proxies to believe about `X-Forwarded-For`: how many hops, the addresses or subnets of yours (`'loopback'` and
 * the like too), or a function of address and hop. As in Express and `proxy-addr`.
 */
export type TrustProxy = false | number | string | readonly string[] | ((address: string, hop: number) => boolean);

/** The address of who is calling, believing the proxies that are trusted and no others. */
export function addressOf(request: IncomingRequest, trust: TrustProxy | undefined): string | undefined {
  const { remoteAddress, header } = request;
  if (trust === undefined || trust === false) return remoteAddress;
  const forwardedFor = header('x-forwarded-for');
  if (forwardedFor === null) return remoteAddress;
  const message = { headers: { 'x-forwarded-for': forwardedFor }, socket: { remoteAddress } };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- proxy-addr reads this header and this address, nothing else
  return proxyAddr(message as unknown as IncomingMessage, trustOf(trust));
}

type Trust = (address: string, hop: number) => boolean;

/** Compiled once for each list of proxies: the option is written inline, so it is a new object at every request. */
const compiled = new Map<string, Trust>();

function trustOf(trust: Exclude<TrustProxy, false>): Trust {
  if (typeof trust === 'function') return trust;
  if (typeof trust === 'number') return (_, hop) => hop < trust;
  const list = typeof trust === 'string' ? trust.split(',').map((address) => address.trim()) : [...trust];
  const key = list.join();
  let known = compiled.get(key);
  if (known === undefined) {
    known = proxyAddr.compile(list);
    compiled.set(key, known);
  }
  return known;
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

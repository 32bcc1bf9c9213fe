import { isIP } from 'node:net';
import proxyAddr from 'proxy-addr';

/**
 * The proxies whose `X-Forwarded-For` is read: how many hops, their addresses or subnets (or `'loopback'` and the like),
 * or a function of address and hop. As in Express and `proxy-addr`; digits in a text are a hop count.
 */
export type TrustProxy = false | number | string | readonly string[] | ((address: string, hop: number) => boolean);

/** Answers whether an address, `hop` proxies away from this server, is a proxy of ours. */
export type IsProxy = (address: string | undefined, hop: number) => boolean;

/**
 * Reads the option `trustProxy`.
 *
 * @throws {TypeError} it is none of the shapes of {@link TrustProxy}
 */
export function readTrustProxy(trust: Exclude<TrustProxy, false>): IsProxy {
  // A `Request` of the Fetch API does not know its peer.
  if (typeof trust === 'function') return (address, hop) => address !== undefined && trust(address, hop);
  if (typeof trust === 'number') return hopCount(trust);
  // The option often comes from an environment variable, which is a text.
  if (typeof trust === 'string' && /^\s*\d+\s*$/.test(trust)) return hopCount(Number(trust));
  const proxies: unknown = typeof trust === 'string' ? trust.split(',') : trust;
  if (!isListOfTexts(proxies)) throw trustProxyError();
  return subnetsOf(proxies);
}

function hopCount(hops: number): IsProxy {
  if (!Number.isSafeInteger(hops) || hops < 0) throw trustProxyError();
  return (_, hop) => hop < hops;
}

/** Compiled once for each list of proxies: the option is written inline, so it is a new object at every request. */
const compiled = new Map<string, IsProxy>();

function subnetsOf(list: readonly string[]): IsProxy {
  const key = list.join();
  let isProxy = compiled.get(key);
  if (isProxy === undefined) compiled.set(key, (isProxy = compileSubnets(list)));
  return isProxy;
}

function compileSubnets(list: readonly string[]): IsProxy {
  const proxies = list.map((proxy) => proxy.trim()).filter((proxy) => proxy !== '');
  if (proxies.length === 0) return () => false;
  // `proxy-addr` takes `1` for the address 0.0.0.1.
  if (!proxies.every(isSubnet)) throw trustProxyError();
  try {
    const isProxy = proxyAddr.compile(proxies);
    return (address, hop) => address !== undefined && isProxy(address, hop);
  } catch (cause) {
    throw trustProxyError(cause);
  }
}

function isSubnet(proxy: string): boolean {
  return /^[a-z]+$/.test(proxy) || isIP(proxy.replace(/\/[^/]*$/, '')) !== 0;
}

function isListOfTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function trustProxyError(cause?: unknown): TypeError {
  return new TypeError(
    "trustProxy: expected a hop count, addresses or subnets such as '10.0.0.0/8' or 'loopback', or a function",
    { cause },
  );
}

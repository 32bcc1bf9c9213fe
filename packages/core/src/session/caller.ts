import { isIP } from 'node:net';

/**
 * What is known of who is calling, as plain data: `null` where nothing came. Nothing in it has been verified.
 *
 * The server package reads it from a request; tests and server-side callers write it by hand.
 */
export interface CallerInfo {
  /** The access token, without its scheme. */
  readonly token: string | null;
  /** The IP address, canonical: no brackets, zone or port, an IPv4-mapped address as IPv4. */
  readonly ip: string | null;
  /** The `User-Agent` header. */
  readonly userAgent: string | null;
  /** The user agent client hints. */
  readonly clientHints: ClientHints | null;
}

/**
 * The values of the user agent client hint headers, as they came (structured-field strings still quoted).
 *
 * @see https://wicg.github.io/ua-client-hints/
 */
export interface ClientHints {
  /** `Sec-CH-UA` */
  readonly brands: string | null;
  /** `Sec-CH-UA-Mobile` */
  readonly mobile: string | null;
  /** `Sec-CH-UA-Platform` */
  readonly platform: string | null;
  /** `Sec-CH-UA-Platform-Version` */
  readonly platformVersion: string | null;
  /** `Sec-CH-UA-Model` */
  readonly model: string | null;
}

/** What the column for it takes: the longest way to write an IPv6 address. */
const maxIpLength = 45;

/** The IP address of a caller: `null` for what is none, which may have been written by hand or by a careless proxy. */
export function readIp(ip: string | null | undefined): string | null {
  return typeof ip === 'string' && ip.length <= maxIpLength && isIP(ip) !== 0 ? ip : null;
}

const maxUserAgentLength = 512;

/** The user agent, as every database takes it. */
export function readUserAgent(userAgent: string | null | undefined): string | null {
  return userAgent?.replaceAll('\0', '').slice(0, maxUserAgentLength).toWellFormed() ?? null;
}

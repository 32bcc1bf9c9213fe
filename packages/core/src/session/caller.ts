import { isIP } from 'node:net';
import type { RedactedToken } from './redacted-token.ts';

/**
 * Describes the caller of a request, as plain data: `null` for each part that the request did not have. Nothing in it is verified.
 *
 * The server package reads it from a request. Tests and server-side callers write it by hand.
 */
export interface CallerInfo {
  /** The access token, without its scheme. From a request, it is an object that prints as `[redacted]`. */
  readonly token: string | RedactedToken | null;
  /** The IP address, canonical: no brackets, zone or port, an IPv4-mapped address as IPv4. */
  readonly ip: string | null;
  /** The `User-Agent` header. */
  readonly userAgent: string | null;
  /** The user agent client hints. */
  readonly clientHints: ClientHints | null;
}

/**
 * The user agent client hint headers, with structured-field strings still quoted.
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

/** The length of the column, and of the longest IPv6 address. */
const maxIpLength = 45;

/** Reads the IP address of a caller; `null` if it is not one: a proxy or a person may have written it. */
export function readIp(ip: string | null | undefined): string | null {
  return typeof ip === 'string' && ip.length <= maxIpLength && isIP(ip) !== 0 ? ip : null;
}

const maxUserAgentLength = 512;

/** Reads the user agent as a text that every database stores. */
export function readUserAgent(userAgent: string | null | undefined): string | null {
  if (typeof userAgent !== 'string') return null;
  return userAgent.replaceAll('\0', '').slice(0, maxUserAgentLength).toWellFormed();
}

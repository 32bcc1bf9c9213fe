import { isIP } from 'node:net';
import type { IncomingRequest } from './request.ts';

/** Which pages are ours. */
export interface OriginRules {
  readonly allowedOrigins: readonly string[];
}

/**
 * Answers whether a page of ours sent a request: browsers state where a request comes from, and no page can change that.
 * A client that sends neither header is not a browser.
 *
 * @see https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
 */
export function isFromOwnPage({ header, host }: IncomingRequest, { allowedOrigins }: OriginRules): boolean {
  const origin = header('origin');
  if (origin !== null && allowedOrigins.includes(origin)) return true;
  const site = header('sec-fetch-site');
  if (site !== null) return site === 'same-origin';
  const page = urlOf(origin);
  // Anyone on the way may have changed a page that came without TLS. This machine's own have no way.
  if (page === undefined || (page.protocol !== 'https:' && !isLocal(page.hostname))) return false;
  return page.host === urlOf(`${page.protocol}//${host()}`)?.host;
}

/**
 * Answers whether a host is this machine: browsers then keep a `Secure` cookie without TLS.
 *
 * @see https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy
 */
export function isLocal(hostname: string): boolean {
  if (isIP(hostname) === 4) return hostname.startsWith('127.');
  return hostname === '[::1]' || /^(?:.+\.)?localhost\.?$/.test(hostname);
}

function urlOf(text: string | null): URL | undefined {
  return text !== null && URL.canParse(text) ? new URL(text) : undefined;
}

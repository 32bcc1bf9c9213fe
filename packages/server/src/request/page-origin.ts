import { isIP } from 'node:net';
import type { CookieSettings } from './cookie-options.ts';
import type { IncomingRequest } from './request.ts';

type OriginRules = Pick<CookieSettings, 'allowedOrigins' | 'secure'>;

/**
 * Answers whether a page of ours sent a request: browsers state where a request comes from, and no page can change that.
 *
 * @see https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
 */
export function isFromOwnPage({ header, host }: IncomingRequest, { allowedOrigins, secure }: OriginRules): boolean {
  const origin = header('origin');
  if (origin !== null && allowedOrigins.includes(origin)) return true;
  const site = header('sec-fetch-site');
  if (site !== null) return site === 'same-origin';
  const page = urlOf(origin);
  // Anyone on the way may have changed a page that came without TLS.
  if (page === undefined || (secure && !isTrustworthy(page))) return false;
  return page.host === urlOf(`${page.protocol}//${host()}`)?.host;
}

/** Answers whether a browser sent a request: no other client sends either header. */
export function isFromBrowser({ header }: IncomingRequest): boolean {
  return header('origin') !== null || header('sec-fetch-site') !== null;
}

/**
 * Answers whether a request came over plain HTTP from another machine: there browsers keep no `Secure` cookie, and send
 * no `Sec-Fetch-Site`.
 */
export function isWithoutTls({ header, host }: IncomingRequest): boolean {
  const page = urlOf(header('origin'));
  if (page?.protocol !== 'http:' || header('sec-fetch-site') !== null) return false;
  const server = urlOf(`http://${host()}`);
  return !(isTrustworthy(page) && server !== undefined && isTrustworthy(server));
}

/** Answers whether a page of another site sent a request, and stays open: a link or a form leaves it. */
export function isFromOtherSite({ header }: IncomingRequest): boolean {
  return header('sec-fetch-site') === 'cross-site' && header('sec-fetch-dest') !== 'document';
}

/** @see https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy */
function isTrustworthy({ protocol, hostname }: URL): boolean {
  if (protocol === 'https:') return true;
  if (isIP(hostname) === 4) return hostname.startsWith('127.');
  return hostname === '[::1]' || /^(?:.+\.)?localhost\.?$/.test(hostname);
}

export function urlOf(text: string | null): URL | undefined {
  return text !== null && URL.canParse(text) ? new URL(text) : undefined;
}

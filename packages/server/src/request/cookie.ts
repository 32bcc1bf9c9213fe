import { parseCookie, stringifySetCookie } from 'cookie';
import type { IncomingRequest } from './request.ts';

/** How the token travels in a cookie. It is always `HttpOnly`, `Secure`, for the whole host and for no subdomain. */
export interface CookieOptions {
  /** @defaultValue `'__Host-session'`; another name must keep the prefix, by which browsers hold the cookie to this host */
  readonly name?: `__Host-${string}` | undefined;
  /** @defaultValue `'lax'` */
  readonly sameSite?: 'lax' | 'strict' | undefined;
  /** Origins, beside the host's own, whose pages may send mutations: `'https://app.example.com'`. @defaultValue none */
  readonly allowedOrigins?: readonly string[] | undefined;
}

/** The cookie of one request. */
export interface SessionCookie {
  /** The token that came in it: `null` too where a page of another origin may have made the browser send it. */
  readonly token: string | null;
  /** Sets it, or takes it back; nothing where the adapter lets a context set no headers. */
  set(token: string, expiresAt: Date): void;
  clear(): void;
}

/** Methods that change nothing, so that it does not matter who made the browser send them (RFC 9110 §9.2.1). */
const safeMethods = new Set<string | undefined>(['GET', 'HEAD', 'OPTIONS']);

export function sessionCookie(request: IncomingRequest, options: CookieOptions): SessionCookie {
  const { name = '__Host-session', sameSite = 'lax' } = options;
  const trusted = (safeMethods.has(request.method) && !request.isUpgrade) || isOwnOrigin(request, options);
  const attributes = { name, path: '/', httpOnly: true, secure: true, sameSite };
  const header = trusted ? request.header('cookie') : null;
  return {
    token: (header === null ? undefined : parseCookie(header)[name]) || null,
    set(token, expires) {
      // Nor may another origin's page sign a visitor in as somebody else.
      if (trusted) request.appendHeader?.('set-cookie', stringifySetCookie({ ...attributes, value: token, expires }));
    },
    clear() {
      request.appendHeader?.('set-cookie', stringifySetCookie({ ...attributes, value: '', maxAge: 0 }));
    },
  };
}

/**
 * Browsers tell, and no page can change, where a request comes from. What tells nothing is no browser, and has no need of
 * a cookie.
 *
 * @see https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
 */
function isOwnOrigin({ header, host }: IncomingRequest, { allowedOrigins = [] }: CookieOptions): boolean {
  const origin = header('origin');
  if (origin !== null && allowedOrigins.includes(origin)) return true;
  const site = header('sec-fetch-site');
  if (site !== null) return site === 'same-origin';
  const page = urlOf(origin);
  // A page that came without TLS may be anyone's on the way: it is not ours, but on this machine.
  if (page === undefined || (page.protocol !== 'https:' && !isLocal(page.hostname))) return false;
  return page.host === urlOf(`${page.protocol}//${host()}`)?.host;
}

function isLocal(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || /^127\.|^\[::1\]$/.test(hostname);
}

function urlOf(text: string | null): URL | undefined {
  return text !== null && URL.canParse(text) ? new URL(text) : undefined;
}

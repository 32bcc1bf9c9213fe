import { redactToken, type RedactedToken } from '@trpc-sessions/core';
import { parseCookie, stringifySetCookie } from 'cookie';
import { isFromOwnPage } from './page-origin.ts';
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

/** The session cookie of one request. */
export interface SessionCookie {
  /** The token in it; `null` also where a page of another origin may have made the browser send it. */
  readonly token: RedactedToken | null;
  /** Sets the cookie, where the adapter lets a context set headers. */
  set(token: string, expiresAt: Date): void;
  clear(): void;
}

/** Methods that change nothing: any page may make a browser send them (RFC 9110 §9.2.1). */
const safeMethods = new Set<string | undefined>(['GET', 'HEAD', 'OPTIONS']);

export function sessionCookie(request: IncomingRequest, options: CookieOptions): SessionCookie {
  const { name = '__Host-session', sameSite = 'lax', allowedOrigins = [] } = options;
  const trusted = (safeMethods.has(request.method) && !request.isUpgrade) || isFromOwnPage(request, { allowedOrigins });
  const attributes = { name, path: '/', httpOnly: true, secure: true, sameSite };
  const header = trusted ? request.header('cookie') : null;
  const token = header === null ? undefined : parseCookie(header)[name];
  return {
    token: token ? redactToken(token) : null,
    set(newToken, expires) {
      // A page of another origin may not sign its visitor in as someone else.
      if (trusted)
        request.appendHeader?.('set-cookie', stringifySetCookie({ ...attributes, value: newToken, expires }));
    },
    clear() {
      request.appendHeader?.('set-cookie', stringifySetCookie({ ...attributes, value: '', maxAge: 0 }));
    },
  };
}

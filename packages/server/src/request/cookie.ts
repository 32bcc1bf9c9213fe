import {
  newestSessionCookie,
  readSessionCookie,
  redactToken,
  sessionCookieValue,
  type RedactedToken,
  type Session,
} from '@trpc-sessions/core';
import { parseCookie, stringifySetCookie } from 'cookie';
import { attributesOf, type CookieSettings, type WrittenCookieAttributes } from './cookie-options.ts';
import { isFromBrowser, isFromOtherSite, isFromOwnPage, isWithoutTls, urlOf } from './page-origin.ts';
import type { IncomingRequest } from './request.ts';

/** The session cookie of one request. */
export interface SessionCookie {
  /** The token in it; `null` also where a page of another origin may have made the browser send it. */
  readonly token: RedactedToken | null;
  /** The device mark, in a cookie of its own, which signing out leaves. */
  readonly deviceMark: string | null;
  /** Whether the cookie that came outlives the browser's session. */
  readonly isPersistent: boolean;
  /**
   * Why the browser would not keep the cookie, in words for the developer; `null` if it would, and for a client that is
   * no browser. Ask before a session is written.
   */
  problem(): string | null;
  /** Sets the cookie of a new session, where the adapter lets a context set headers. */
  set(
    token: string,
    session: Pick<Session, 'expiresAt'>,
    options?: { readonly persistent?: boolean | undefined },
  ): void;
  /** Sets the cookie of a device mark. */
  setDeviceMark(mark: string, expires: Date, options?: { readonly persistent?: boolean | undefined }): void;
  /** Sets the cookie of the same session again, as persistent as it came. */
  renew(token: string, session: Pick<Session, 'expiresAt'>): void;
  /** Clears the cookie, unless a page of another origin asks for it. */
  clear(): void;
}

/** Methods that change nothing: any page may make a browser send them (RFC 9110 §9.2.1). */
const safeMethods = new Set<string | undefined>(['GET', 'HEAD', 'OPTIONS']);

export function createSessionCookie(request: IncomingRequest, settings: CookieSettings): SessionCookie {
  const { name } = settings;
  // The prefixes of the name promise the same for both.
  const markName = `${name}-mark`;
  const attributes = attributesOf(settings);
  const isTrusted = (safeMethods.has(request.method) && !request.isUpgrade) || isFromOwnPage(request, settings);
  const value = isTrusted ? valueOf(request, name) : null;
  const { token, isPersistent } = value === null ? { token: null, isPersistent: true } : readSessionCookie(value);
  /** The calls of a batch share their response: one that renews must not bring back a cookie that another replaced. */
  let isReplaced = false;

  function write(
    newValue: string,
    times: Pick<WrittenCookieAttributes, 'expires' | 'maxAge'>,
    cookieName: string = name,
  ): void {
    // A page of another origin may sign its visitor neither in nor out.
    if (!isTrusted) return;
    const written = { ...attributes, ...times };
    if (settings.write !== undefined) settings.write(cookieName, newValue, written);
    else request.appendHeader?.('set-cookie', stringifySetCookie({ name: cookieName, value: newValue, ...written }));
  }

  function writeToken(newToken: string, expires: Date, persistent: boolean): void {
    write(sessionCookieValue(newToken, persistent), persistent ? { expires } : {});
  }

  return {
    token: token === null ? null : redactToken(token),
    deviceMark: isTrusted ? valueOf(request, markName) : null,
    isPersistent: token !== null && isPersistent,
    problem: () => problemOf(request, settings, isTrusted),
    set(newToken, { expiresAt }, { persistent = settings.persistent } = {}) {
      isReplaced = true;
      writeToken(newToken, expiresAt, persistent);
    },
    setDeviceMark(mark, expires, { persistent = settings.persistent } = {}) {
      write(mark, persistent ? { expires } : {}, markName);
    },
    renew(newToken, { expiresAt }) {
      if (!isReplaced) writeToken(newToken, expiresAt, isPersistent);
    },
    clear() {
      isReplaced = true;
      write('', { maxAge: 0 });
    },
  };
}

function valueOf({ header }: IncomingRequest, name: string): string | null {
  return newestSessionCookie(valuesOf(header('cookie') ?? '', name)) ?? null;
}

function valuesOf(cookies: string, name: string): string[] {
  const pairs = cookies.split(';').filter((pair) => pair.trimStart().startsWith(name));
  // Some clients put the value in quotes (RFC 6265 §4.1.1).
  return pairs.map((pair) => parseCookie(pair)[name]?.replace(/^"(.*)"$/, '$1') ?? '');
}

function problemOf(request: IncomingRequest, settings: CookieSettings, isTrusted: boolean): string | null {
  if ((request.appendHeader === undefined && settings.write === undefined) || !isFromBrowser(request)) return null;
  if (request.isStreamed && settings.write === undefined) {
    return 'A streamed batch cannot set a cookie, because its headers are sent before this call is done. On the page, send this call by httpLink with splitLink, or all calls by sessionLinks with `batchLink: httpBatchStreamLink`.';
  }
  if (settings.secure && isWithoutTls(request)) {
    return 'Browsers keep no Secure cookie of an http:// page, except on localhost. Serve the page over https://, or set `cookie.secure` to false.';
  }
  if (!isTrusted) {
    return 'A page of another origin asked to sign in. If it is yours, add its origin to `cookie.allowedOrigins`.';
  }
  if (settings.sameSite !== 'none' && isFromOtherSite(request)) {
    return "Browsers keep no cookie for a page of another site. Set `cookie.sameSite` to 'none' and `cookie.partitioned` to true.";
  }
  if (settings.domain !== undefined && isOutside(settings.domain, request)) {
    return 'Browsers keep a cookie only of their own domain. The host of this page is not in `cookie.domain`.';
  }
  return null;
}

/** Decides only where the page states the host as the browser sees it: a proxy may have changed `Host`. */
function isOutside(domain: string, { header }: IncomingRequest): boolean {
  const hostname = header('sec-fetch-site') === 'same-origin' ? urlOf(header('origin'))?.hostname : undefined;
  return hostname !== undefined && hostname !== domain && !hostname.endsWith(`.${domain}`);
}

/** The attributes that decide a cookie's name, as a server has set them. */
export interface CookieScope {
  readonly domain?: string | undefined;
  readonly path: string;
  readonly secure: boolean;
}

/** Returns the strictest name that browsers keep for such a cookie (RFC 6265bis §4.1.3). */
export function sessionCookieName({ domain, path, secure }: CookieScope): string {
  if (!secure) return 'session';
  return domain === undefined && path === '/' ? '__Host-session' : '__Secure-session';
}

/** Ends the value of a cookie that ends with the browser's session: browsers send no attributes back. No token ends so. */
const transientMark = '.';

/** Returns the value of a cookie. */
export function sessionCookieValue(token: string, isPersistent: boolean): string {
  return isPersistent ? token : `${token}${transientMark}`;
}

/** Reads the value of a cookie. */
export function readSessionCookie(value: string): { readonly token: string; readonly isPersistent: boolean } {
  const isPersistent = !value.endsWith(transientMark);
  return { token: isPersistent ? value : value.slice(0, -transientMark.length), isPersistent };
}

/**
 * The value that counts of several cookies of one name. A browser sends them if an app has changed the path or the domain, and an old
 * one may come first. So the token with the latest time of issue counts. It is verified like any other.
 *
 * @returns `undefined` for none
 */
export function newestSessionCookie(values: readonly string[]): string | undefined {
  const [first, ...others] = values.filter((value) => value !== '');
  return others.reduce((best, value) => (issuedAt(value) > issuedAt(best ?? '') ? value : best), first);
}

/** Read from the value as it came: `-1` for one that is no token. On every platform. */
function issuedAt(value: string): number {
  try {
    const [, payload = ''] = readSessionCookie(value).token.split('.');
    const { iat }: { iat?: unknown } = Object(JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))));
    return typeof iat === 'number' && Number.isFinite(iat) ? iat : -1;
  } catch {
    return -1;
  }
}

import { isIP } from 'node:net';
import { maxIssuedLength, sessionCookieName } from '@trpc-sessions/core';
import { requireKnownOptions, type KnownOptions } from '../known-options.ts';

/** The session cookie: always `HttpOnly`. */
export interface CookieOptions {
  /**
   * The prefixes `__Host-` and `__Secure-` are promises that browsers hold a cookie to (RFC 6265bis §4.1.3).
   * @defaultValue `'__Host-session'`; with a `domain` or another `path`, `'__Secure-session'`; not `secure`, `'session'`
   */
  readonly name?: string | undefined;
  /** The domain whose hosts share the cookie: `'example.com'`. Every one of them can read it. @defaultValue this host alone */
  readonly domain?: string | undefined;
  /** The path that tRPC is served at, or one above it. @defaultValue `'/'` */
  readonly path?: string | undefined;
  /**
   * Whether the browser sends the cookie along with requests from pages of another site. A site is a domain as one
   * registers it, with its scheme: `app.example.com` and `api.example.com` are one site, and two origins.
   * @defaultValue `'lax'`
   */
  readonly sameSite?: 'lax' | 'strict' | 'none' | undefined;
  /** Over TLS alone. `false` is for a network of your own, whose pages have `http://` addresses. @defaultValue `true` */
  readonly secure?: boolean | undefined;
  /** One cookie for each site that embeds or calls yours (CHIPS). With `sameSite: 'none'`. @defaultValue `false` */
  readonly partitioned?: boolean | undefined;
  /** Whether the cookie outlives the browser's session. `login` may decide it for each sign-in. @defaultValue `true` */
  readonly persistent?: boolean | undefined;
  /** Origins, beside the host's own, whose pages may sign in and send mutations: `'https://app.example.com'`. @defaultValue none */
  readonly allowedOrigins?: readonly string[] | undefined;
  /**
   * Writes the cookie, in place of a header of the response: into the jar of a framework, such as `cookies()` of Next.js in a
   * server action. An empty value clears it. @defaultValue the header `Set-Cookie`
   */
  readonly write?: CookieWriter | undefined;
}

/** Writes a cookie. */
export type CookieWriter = (name: string, value: string, attributes: WrittenCookieAttributes) => void;

/** The attributes of the session cookie. To delete it, a cookie of the same name needs the same ones. */
export interface CookieAttributes {
  readonly path: string;
  readonly httpOnly: true;
  readonly secure: boolean;
  readonly sameSite: 'lax' | 'strict' | 'none';
  readonly partitioned?: true;
  readonly domain?: string;
}

/** The attributes of a cookie that is written. It ends with the browser's session if it has neither time. */
export interface WrittenCookieAttributes extends CookieAttributes {
  readonly expires?: Date;
  /** In seconds: 0 clears the cookie. */
  readonly maxAge?: number;
}

/** The options, read: every one of them is set, but the domain. */
export interface CookieSettings {
  readonly name: string;
  readonly domain: string | undefined;
  readonly path: string;
  readonly sameSite: 'lax' | 'strict' | 'none';
  readonly secure: boolean;
  readonly partitioned: boolean;
  readonly persistent: boolean;
  readonly allowedOrigins: readonly string[];
  readonly write: CookieWriter | undefined;
}

const known: KnownOptions<CookieOptions> = {
  name: true,
  domain: true,
  path: true,
  sameSite: true,
  secure: true,
  partitioned: true,
  persistent: true,
  allowedOrigins: true,
  write: true,
};

/** RFC 6265 §4.1.1: a token of HTTP. */
const cookieName = /^[\w!#$%&'*+.^`|~-]+$/;
/** Letters, digits and hyphens; two labels at least, for browsers keep no cookie of a whole top-level domain. */
const domainName = /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i;
const cookiePath = /^\/[\x21-\x3A\x3C-\x7E]*$/;

/** Browsers drop a longer cookie without notice: of name, value and attributes together, in bytes (RFC 6265 §6.1). */
const maxCookieLength = 4096;
const fixedText =
  '=; Domain=; Path=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; Partitioned; SameSite=Strict';
/** The room for name, domain and path beside the longest token. */
const maxTextLength = maxCookieLength - maxIssuedLength - fixedText.length;

/**
 * Reads the option `cookie`; `undefined` if it is off.
 *
 * @throws {TypeError} naming the option that is wrong, or that browsers would ignore with another
 */
export function readCookieOptions(cookie: boolean | CookieOptions | undefined): CookieSettings | undefined {
  if (cookie === undefined || cookie === false) return undefined;
  return readSettings(cookie === true ? {} : cookie);
}

function readSettings(options: CookieOptions): CookieSettings {
  if (typeof options !== 'object' || options === null) throw wrong('cookie', 'expected true, false or its options');
  requireKnownOptions('cookie.', options, known);

  const { path = '/', sameSite = 'lax', allowedOrigins = [] } = options;
  const secure = readFlag('secure', options.secure, true);
  const partitioned = readFlag('partitioned', options.partitioned, false);
  const persistent = readFlag('persistent', options.persistent, true);
  const domain = readDomain(options.domain);
  if (typeof path !== 'string' || !cookiePath.test(path)) throw wrong('cookie.path', "expected a path such as '/api'");
  if (!['lax', 'strict', 'none'].includes(sameSite)) {
    throw wrong('cookie.sameSite', "expected 'lax', 'strict' or 'none'");
  }
  if (!secure && sameSite === 'none') throw wrong('cookie.sameSite', "browsers keep 'none' only with secure: true");
  if (!secure && partitioned) throw wrong('cookie.partitioned', 'browsers keep such a cookie only with secure: true');

  const isOfHost = domain === undefined && path === '/';
  const name = options.name ?? sessionCookieName({ domain, path, secure });
  if (typeof name !== 'string' || !cookieName.test(name))
    throw wrong('cookie.name', "expected a name such as 'session'");
  if (/^__(?:host|secure)-/i.test(name) && !secure) {
    throw wrong('cookie.name', 'browsers keep such a name only with secure: true');
  }
  if (/^__host-/i.test(name) && !isOfHost) {
    throw wrong('cookie.name', "browsers keep '__Host-' only with no domain, and the path '/'");
  }
  if (name.length + path.length + (domain?.length ?? 0) > maxTextLength) {
    throw wrong(
      'cookie',
      `name, domain and path may have ${maxTextLength} characters together, or browsers drop the longest tokens`,
    );
  }
  return {
    name,
    domain,
    path,
    sameSite,
    secure,
    partitioned,
    persistent,
    allowedOrigins: readOrigins(allowedOrigins),
    write: readWriter(options.write),
  };
}

/**
 * Returns the name and the attributes of the session cookie, for code of yours that deletes it.
 *
 * @param options - The same as `cookie` of `sessionsContext`.
 * @throws {TypeError} an option is wrong: the message names it
 * @example
 * ```ts
 * import { sessionCookie } from '@trpc-sessions/server';
 *
 * const { name, attributes } = sessionCookie();
 * jar.set(name, '', { ...attributes, maxAge: 0 });
 * ```
 */
export function sessionCookie(options: CookieOptions = {}): { name: string; attributes: CookieAttributes } {
  const settings = readSettings(options);
  return { name: settings.name, attributes: attributesOf(settings) };
}

/** Returns the attributes that every session cookie of these settings has. */
export function attributesOf({ path, secure, sameSite, partitioned, domain }: CookieSettings): CookieAttributes {
  return {
    path,
    httpOnly: true,
    secure,
    sameSite,
    ...(partitioned && { partitioned }),
    ...(domain !== undefined && { domain }),
  };
}

function readWriter(write: CookieWriter | undefined): CookieWriter | undefined {
  if (write === undefined || typeof write === 'function') return write;
  throw wrong('cookie.write', 'expected a function of a name, a value and attributes');
}

function readFlag(name: string, value: boolean | undefined, byDefault: boolean): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? byDefault;
  throw wrong(`cookie.${name}`, 'expected true or false');
}

function readDomain(domain: string | undefined): string | undefined {
  if (domain === undefined) return undefined;
  // Browsers ignore the dot that older standards asked for (RFC 6265 §5.2.3).
  const name = typeof domain === 'string' ? domain.replace(/^\./, '').toLowerCase() : '';
  if (domainName.test(name) && isIP(name) === 0) return name;
  throw wrong('cookie.domain', "expected a domain such as 'example.com', without scheme and port");
}

function readOrigins(origins: readonly string[]): readonly string[] {
  if (!Array.isArray(origins) || !origins.every(isOrigin)) {
    throw wrong(
      'cookie.allowedOrigins',
      "expected a list of origins such as 'https://app.example.com', without a path",
    );
  }
  return origins;
}

/** Origins are compared as texts, so they must be written as browsers write them. `capacitor://localhost` is one too. */
function isOrigin(origin: unknown): boolean {
  if (typeof origin !== 'string' || !/^[a-z][a-z\d+.-]*:\/\/[^\s/?#@]+$/.test(origin) || !URL.canParse(origin))
    return false;
  const { origin: written } = new URL(origin);
  return written === origin || written === 'null';
}

function wrong(name: string, problem: string): TypeError {
  return new TypeError(`${name}: ${problem}`);
}

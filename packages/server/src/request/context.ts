import { redactToken, type CallerInfo, type ClientHints } from '@trpc-sessions/core';
import { addressOf, canonicalIp } from './address.ts';
import { connect } from './connection.ts';
import { createPreventCaching } from './cache-control.ts';
import { readCookieOptions, type CookieOptions } from './cookie-options.ts';
import { createSessionCookie } from './cookie.ts';
import { readRequest, type CreateContextOptions, type IncomingRequest } from './request.ts';
import type { TrustProxy } from './trust-proxy.ts';
import { createChallenge } from './www-authenticate.ts';
import { requireKnownOptions, type KnownOptions } from '../known-options.ts';

/** A caller in a context. {@link sessionsContext} gives it every part; by hand, it needs only its token. */
export type ContextCaller = Pick<CallerInfo, 'token'> & Partial<CallerInfo>;

/** The part of a tRPC context that the plugin needs: extend yours with it. */
export interface SessionsContext {
  readonly caller: ContextCaller;
}

/** How {@link sessionsContext} reads a request. */
export interface SessionsContextOptions {
  /** @defaultValue `false`: the header is ignored, for any client can send it */
  readonly trustProxy?: TrustProxy | undefined;
  /** The IP address of the caller, as the platform gives it: `trustProxy` is then not asked, and `null` means none. */
  readonly ip?: string | null | undefined;
  /**
   * Accepts the token in a cookie too: `login` sets it, `logout` clears it, and mutations must come from a page of this
   * origin. Not over AWS Lambda or a WebSocket, where a context can set no headers. A streamed batch cannot sign in.
   * @defaultValue `false`
   */
  readonly cookie?: boolean | CookieOptions | undefined;
  /**
   * Accepts the token in the `Authorization` header, and in the connection parameters of a WebSocket. `false` for a second
   * plugin whose token is in a cookie: the header then holds the token of the first. @defaultValue `true`
   */
  readonly authorization?: boolean | undefined;
}

const known: KnownOptions<SessionsContextOptions> = { trustProxy: true, ip: true, cookie: true, authorization: true };

/**
 * Reads who is calling from the options that tRPC's adapter passes to `createContext`. It verifies nothing and asks no
 * database: a bad token fails the procedures that need one.
 *
 * @throws {TypeError} an option is wrong or unknown: the message names it. Nothing in a request makes it throw
 *
 * @example
 * ```ts
 * import { sessionsContext } from '@trpc-sessions/server';
 *
 * createHTTPServer({
 *   router: appRouter,
 *   createContext: (opts) => ({ ...sessionsContext(opts, { trustProxy: 1 }), db }),
 * });
 * ```
 */
export function sessionsContext(
  opts: CreateContextOptions = {},
  options: SessionsContextOptions = {},
): { caller: CallerInfo } {
  requireKnownOptions('', options, known);
  const { authorization = true } = options;
  if (typeof authorization !== 'boolean') throw new TypeError('authorization: expected true or false');
  const request = readRequest(opts);
  const { header, isBatch, socket, signal } = request;
  const settings = readCookieOptions(options.cookie);
  const cookie = settings && createSessionCookie(request, settings);
  const preventCaching = createPreventCaching(request);
  const token = authorization ? tokenOf(request) : null;
  // Caches know that an answer to `Authorization` is for one client (RFC 9111 §3.5). They do not know that of a cookie.
  if (token === null && cookie !== undefined && cookie.token !== null) preventCaching();
  const caller: CallerInfo = {
    token: token === null ? (cookie?.token ?? null) : redactToken(token),
    ip: canonicalIp(options.ip === undefined ? addressOf(request, options.trustProxy) : options.ip),
    userAgent: header('user-agent'),
    clientHints: clientHintsOf(header),
  };
  return {
    caller: connect(caller, { isBatch, cookie, socket, signal, preventCaching, challenge: createChallenge(request) }),
  };
}

/** RFC 6750 §2.1, the scheme in any case (RFC 9110 §11.1); clients of django-token-manager send `JWT`. */
const credentials = /^(?:bearer|jwt)[ \t]+(\S.*)$/i;

function tokenOf({ header, connectionToken }: IncomingRequest): string | null {
  const authorization = header('authorization');
  const sent = authorization === null ? undefined : credentials.exec(authorization)?.[1]?.trim();
  return (sent ?? connectionToken) || null;
}

function clientHintsOf(header: IncomingRequest['header']): ClientHints | null {
  const brands = header('sec-ch-ua');
  const platform = header('sec-ch-ua-platform');
  if (brands === null && platform === null) return null;
  return {
    brands,
    mobile: header('sec-ch-ua-mobile'),
    platform,
    platformVersion: header('sec-ch-ua-platform-version'),
    model: header('sec-ch-ua-model'),
  };
}

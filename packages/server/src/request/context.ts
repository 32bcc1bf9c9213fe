import type { CallerInfo, ClientHints, SessionErrorReason } from '@trpc-sessions/core';
import { createChallenge } from './www-authenticate.ts';
import { addressOf, canonicalIp, type TrustProxy } from './address.ts';
import { sessionCookie, type CookieOptions, type SessionCookie } from './cookie.ts';
import { readRequest, type CreateContextOptions, type IncomingRequest, type Socket } from './request.ts';

/** What a tRPC context must hold for the plugin: extend yours with it. */
export interface SessionsContext {
  readonly caller: CallerInfo;
}

/** How {@link sessionsContext} reads a request. */
export interface SessionsContextOptions {
  /** @defaultValue `false`: the header is ignored, for anyone can send it */
  readonly trustProxy?: TrustProxy | undefined;
  /** The caller's IP address, where the platform tells it in its own way; before `trustProxy`. */
  readonly ip?: string | null | undefined;
  /**
   * Lets the token travel in a cookie too: `login` sets it, `logout` clears it, and mutations must come from a page of
   * this origin. Not over AWS Lambda or a WebSocket, where a context can set no headers, nor from a streamed batch.
   * @defaultValue `false`
   */
  readonly cookie?: boolean | CookieOptions | undefined;
}

/** How a caller is connected: what the plugin needs to know of it, and no app does. */
export interface Connection {
  /** The calls of one HTTP batch come in one request, and may share one verification. A WebSocket's may not: its context lives on. */
  readonly isBatch: boolean;
  readonly cookie: SessionCookie | undefined;
  readonly socket: Socket | undefined;
  /** Tells a client that speaks HTTP, and not tRPC, how to be let in, where the adapter lets a context set headers. */
  readonly challenge: (reason: SessionErrorReason) => void;
}

const connections = new WeakMap<CallerInfo, Connection>();

/** How a caller is connected; `undefined` for one that was written by hand. */
export function connectionOf(caller: CallerInfo): Connection | undefined {
  return connections.get(caller);
}

/**
 * Reads who is calling from what tRPC's adapter hands to `createContext`. It never throws, verifies nothing and asks no
 * database: a bad token fails the procedures that need one.
 *
 * @throws {TypeError} never for a request, but where `trustProxy` is none
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
  const request = readRequest(opts);
  const { header, isBatch, socket } = request;
  const cookie = options.cookie ? sessionCookie(request, options.cookie === true ? {} : options.cookie) : undefined;
  const caller: CallerInfo = {
    token: tokenOf(request) ?? cookie?.token ?? null,
    ip: canonicalIp(options.ip ?? addressOf(request, options.trustProxy)),
    userAgent: header('user-agent'),
    clientHints: clientHintsOf(header),
  };
  connections.set(caller, { isBatch, cookie, socket, challenge: createChallenge(request) });
  return { caller };
}

/** RFC 6750 §2.1, the scheme in any case (RFC 9110 §11.1); `JWT` is what django-token-manager's clients send. */
const credentials = /^(?:bearer|jwt)[ \t]+(\S.*)$/i;

function tokenOf({ header, connectionParams }: IncomingRequest): string | null {
  const authorization = header('authorization');
  const sent = authorization === null ? undefined : credentials.exec(authorization)?.[1]?.trim();
  const token = sent ?? connectionParams?.['token'];
  return typeof token === 'string' && token !== '' ? token : null;
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

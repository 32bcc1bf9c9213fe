import { isSessionError, SessionError, type SessionErrorReason } from '../errors.ts';
import { requireKnownOptions } from '../known-options.ts';
import { newestSessionCookie, readSessionCookie, sessionCookieName } from '../session/session-cookie.ts';
import { createTokenVerifier, verifierOptions, type EdgeClaims, type TokenVerifierOptions } from './token-verifier.ts';

/** The session cookie, as `cookie` of `sessionsContext` describes it. */
export interface GateCookie {
  readonly name?: string | undefined;
  readonly domain?: string | undefined;
  readonly path?: string | undefined;
  readonly sameSite?: 'lax' | 'strict' | 'none' | undefined;
  readonly secure?: boolean | undefined;
  readonly partitioned?: boolean | undefined;
}

/** Options of {@link createSessionGate}. */
export interface SessionGateOptions extends TokenVerifierOptions {
  /** The same as on the server. @defaultValue `'__Host-session'` of this host */
  readonly cookie?: GateCookie | undefined;
}

/** The part of a `Request` that a gate reads. */
export interface GateRequest {
  readonly url: string;
  readonly headers: { get(name: string): string | null };
}

/** Who asks for a page. */
export type GateResult = (
  | { readonly userId: string; readonly claims: EdgeClaims; readonly reason: null }
  | { readonly userId: null; readonly claims: null; readonly reason: SessionErrorReason }
) & {
  /**
   * Returns a redirect to another page. It clears a refused cookie if the request is a navigation. Of another request, the
   * page may have a newer cookie by now.
   *
   * @param to - A path or an address.
   */
  readonly redirect: (to: string) => Response;
};

/** Reads who asks for a page. */
export type SessionGate = (request: GateRequest) => Promise<GateResult>;

/**
 * Creates a gate in front of an app's pages, for `proxy.ts` or `middleware.ts` of Next.js, and for Workers. It reads the session cookie and
 * verifies its token as {@link createTokenVerifier} does.
 *
 * **It cannot know of revocations**: it decides which page a visitor sees, and your procedures decide about their answers.
 *
 * @throws {TypeError | RangeError} an option is wrong: the message names it
 * @example
 * ```ts
 * import { createSessionGate } from '@trpc-sessions/core/edge';
 *
 * const gate = createSessionGate({ keys: () => process.env.SESSION_SECRET });
 *
 * export async function proxy(request: Request) {
 *   const { userId, redirect } = await gate(request);
 *   return userId === null ? redirect('/login') : undefined;
 * }
 * ```
 */
export function createSessionGate(options: SessionGateOptions): SessionGate {
  requireKnownOptions('createSessionGate', options, { ...verifierOptions, cookie: true });
  const { cookie = {}, ...rest } = options;
  requireKnownOptions('cookie', cookie, cookieOptions);
  const { domain, path = '/', sameSite = 'lax', secure = true, partitioned = false } = cookie;
  const { name = sessionCookieName({ domain, path, secure }) } = cookie;
  const verifier = createTokenVerifier(rest);
  const cleared = [
    `${name}=`,
    'Max-Age=0',
    ...(domain === undefined ? [] : [`Domain=${domain}`]),
    `Path=${path}`,
    'HttpOnly',
    ...(secure ? ['Secure'] : []),
    ...(partitioned ? ['Partitioned'] : []),
    `SameSite=${sameSite.charAt(0).toUpperCase()}${sameSite.slice(1)}`,
  ].join('; ');

  async function read(value: string | undefined) {
    try {
      if (value === undefined) throw new SessionError('missing_token');
      return { ...(await verifier.verify(readSessionCookie(value).token)), reason: null };
    } catch (error) {
      if (!isSessionError(error)) throw error;
      return { userId: null, claims: null, reason: error.reason };
    }
  }

  return async (request) => {
    const value = cookieOf(request, name);
    const result = await read(value);
    const isNavigation = request.headers.get('sec-fetch-mode') === 'navigate';
    const clears = result.userId === null && value !== undefined && isNavigation;
    return {
      ...result,
      redirect: (to) =>
        new Response(null, {
          status: 303,
          headers: {
            location: new URL(to, request.url).href,
            'cache-control': 'no-store',
            ...(clears && { 'set-cookie': cleared }),
          },
        }),
    };
  };
}

const cookieOptions = {
  name: true,
  domain: true,
  path: true,
  sameSite: true,
  secure: true,
  partitioned: true,
} as const;

/** Returns the cookie of a name that counts, as the server reads it. */
function cookieOf({ headers }: GateRequest, name: string): string | undefined {
  const pairs = headers.get('cookie')?.split(';') ?? [];
  const own = pairs.map((each) => each.trim()).filter((each) => each.startsWith(`${name}=`));
  return newestSessionCookie(own.map((pair) => pair.slice(name.length + 1).replace(/^"(.*)"$/, '$1')));
}

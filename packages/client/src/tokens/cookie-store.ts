import { localStorageTokenStore, type LocalStorageTokenStoreOptions, type TokenStore } from './token-store.ts';

/** No token has a colon in it (RFC 7515 §7.1). */
const markPrefix = 'cookie:';

/**
 * For pages whose token is in an `HttpOnly` cookie (`cookie` of `sessionsContext`): keeps in `localStorage` that someone
 * has signed in here, and never the token. `get` returns a mark that stands for it, of which our links send nothing: the
 * browser sends the cookie. What `localStorageTokenStore` has left there is sent until the next sign-in replaces it.
 *
 * @example
 * ```ts
 * import { cookieTokenStore, sessionLinks } from '@trpc-sessions/client';
 *
 * const trpc = createTRPCClient<AppRouter>({ links: sessionLinks({ url: '/trpc', at: 'auth', tokens: cookieTokenStore() }) });
 * ```
 */
export function cookieTokenStore(options: LocalStorageTokenStoreOptions = {}): TokenStore {
  const marks = localStorageTokenStore(options);
  return {
    ...marks,
    // Another mark for each sign-in: by that, one user is told from the next. It is no secret.
    set: (token) => marks.set(token === null ? null : `${markPrefix}${Math.random()}`),
  };
}

/** Answers whether what a store holds only stands for a cookie. */
export function isCookieMark(token: string | null): boolean {
  return token !== null && token.startsWith(markPrefix);
}

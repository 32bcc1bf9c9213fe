import { localStorageTokenStore, type LocalStorageTokenStoreOptions } from './local-storage.ts';
import { cookieMarkPrefix, type TokenStore } from './token-store.ts';

/**
 * For pages whose token is in an `HttpOnly` cookie (`cookie` of `sessionsContext`). It keeps in `localStorage` that a
 * user has signed in here, never the token. `get` returns a mark in place of the token, which our links do not send: the
 * browser sends the cookie. A token that `localStorageTokenStore` has left is sent until the next login replaces it.
 *
 * @throws {TypeError} naming a wrong option
 * @example
 * ```ts
 * import { cookieTokenStore, sessionLinks } from '@trpc-sessions/client';
 *
 * const trpc = createTRPCClient<AppRouter>({ links: sessionLinks({ url: '/trpc', at: 'auth', tokens: cookieTokenStore() }) });
 * ```
 */
export function cookieTokenStore(options: LocalStorageTokenStoreOptions = {}): TokenStore {
  // The mark of the device is in a cookie, too.
  const { mark: _, ...marks } = localStorageTokenStore(options);
  return {
    ...marks,
    // Each login gets a new mark, which separates one user's cached data from the next user's. It is no secret.
    set: (token, reason) =>
      marks.set(token === null || isCookieMark(token) ? token : `${cookieMarkPrefix}${Math.random()}`, reason),
  };
}

/** Returns whether a store holds a mark of {@link cookieTokenStore} in place of a token. */
export function isCookieMark(token: string | null): boolean {
  return token?.startsWith(cookieMarkPrefix) ?? false;
}

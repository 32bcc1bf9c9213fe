import type { SessionInfo } from '@trpc-sessions/server';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { endsSession, sessionErrorReason } from '../errors.ts';
import { keptByCaller } from '../links/sent-token.ts';
import { dropToken, readToken } from '../tokens/token-store.ts';
import { useSessionParts } from './provider.tsx';
import { currentKey, currentQuery } from './queries.ts';
import { receiveSession, type AnySessionClient, type LoginInputOf, type SessionClient } from './session-client.ts';
import { hasToken, tokenVersionOf, type TokenVersion } from './token-version.ts';

/** The result of {@link useSession}: the state, and the functions that change it. */
export type UseSessionResult<TClient extends AnySessionClient = SessionClient> = SessionState & SessionActions<TClient>;

/**
 * - `loading`: there is a token, and its session is being fetched. With an `error`, the network or the server has failed,
 *   which does not sign the user out. A page rendered on a server is `loading` until it has hydrated, and a page with an
 *   asynchronous store until the token has been read.
 * - `signedIn`: there is a token, and `session` is its session.
 * - `signedOut`: there is no token.
 */
export type SessionState =
  | { readonly status: 'loading'; readonly session: null; readonly error: Error | null }
  | { readonly status: 'signedIn'; readonly session: SessionInfo; readonly error: Error | null }
  | { readonly status: 'signedOut'; readonly session: null; readonly error: null };

/** The functions of {@link useSession}. They stay the same from render to render. */
export interface SessionActions<TClient extends AnySessionClient> {
  /** Signs in, and resolves with the session. Rejects with the server's error, such as `invalid_credentials`. */
  readonly login: (input: LoginInputOf<TClient>) => Promise<SessionInfo>;
  /**
   * Revokes the session on the server, then drops the token. Resolves also when the session has already ended. It calls
   * the server even without a token, because there may be a cookie. If the server cannot be reached, it rejects and the
   * user stays signed in: try again, or call {@link SessionActions.forget}.
   */
  readonly logout: () => Promise<void>;
  /**
   * Drops the token without a request. The session stays in the user's list until it expires or is revoked. A cookie
   * stays too: only the server can clear it.
   */
  readonly forget: () => void;
  /** Fetches the session again. */
  readonly refetch: () => Promise<void>;
}

/**
 * Returns the session of this device, and signs in and out. If `login` takes other credentials than
 * `{ username, password, device? }`, give the type of your client: `useSession<typeof trpc.auth>()`.
 *
 * @throws {Error} outside a `SessionProvider`
 * @example
 * ```tsx
 * import { useSession } from '@trpc-sessions/client/react';
 *
 * const { status, session, login, logout } = useSession();
 * if (status === 'loading') return <p>One moment…</p>;
 * if (status === 'signedOut') return <LoginForm onSubmit={login} />;
 * return <button onClick={logout}>Sign out of {session.device.name}</button>;
 * ```
 */
export function useSession<TClient extends AnySessionClient = SessionClient>(): UseSessionResult<TClient> {
  const parts = useSessionParts();
  const { client, tokens, tokenVersion } = parts;
  const queryClient = useQueryClient();
  const { data, error, refetch: refetchQuery } = useQuery(currentQuery(parts, queryClient));

  const login = useCallback(
    async (input: LoginInputOf<TClient>) => {
      const received = await client.login.mutate(input, { context: keptByCaller });
      const session = receiveSession(received.session);
      tokens.set(received.token);
      queryClient.setQueryData(currentKey(tokenVersionOf(tokens)), session);
      return session;
    },
    [client, tokens, queryClient],
  );

  const logout = useCallback(async () => {
    const token = readToken(tokens);
    try {
      await client.logout.mutate();
    } catch (refusal) {
      const reason = sessionErrorReason(refusal);
      if (!endsSession(reason) && reason !== 'missing_token') throw refusal;
    }
    dropToken(tokens, token);
  }, [client, tokens]);

  const forget = useCallback(() => tokens.set(null), [tokens]);

  const refetch = useCallback(async () => {
    if (hasToken(tokenVersion)) await refetchQuery();
  }, [tokenVersion, refetchQuery]);

  return { ...sessionState(tokenVersion, data, error), login, logout, forget, refetch };
}

function sessionState(tokenVersion: TokenVersion, session: SessionInfo | undefined, error: Error | null): SessionState {
  if (tokenVersion === null) return { status: 'signedOut', session: null, error: null };
  if (session === undefined) return { status: 'loading', session: null, error };
  return { status: 'signedIn', session, error };
}

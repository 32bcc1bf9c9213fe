import type { SessionInfo } from '@trpc-sessions/server';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { endsSession, sessionErrorReason } from '../errors.ts';
import { keptByCaller } from '../links/kept-token.ts';
import { dropToken } from '../tokens/token-store.ts';
import { generationOf, isSignedIn, type Generation } from './generation.ts';
import { useSessionParts } from './provider.tsx';
import { currentKey, currentQuery } from './queries.ts';
import { receiveSession, type AnySessionClient, type LoginInputOf, type SessionClient } from './session-client.ts';

/** What {@link useSession} returns: the state, and what changes it. */
export type UseSessionResult<TClient extends AnySessionClient = SessionClient> = SessionState & SessionActions<TClient>;

/**
 * - `loading`: there is a token, and the server has not said yet whose. With an `error`, it could not be asked: the
 *   network is dead or the server fails, which does not sign anyone out. A page that was rendered on a server begins
 *   with it, too: whether there is a token is known once the page is alive.
 * - `signedIn`: there is a token, and this is its session.
 * - `signedOut`: there is no token.
 */
export type SessionState =
  | { readonly status: 'loading'; readonly session: null; readonly error: Error | null }
  | { readonly status: 'signedIn'; readonly session: SessionInfo; readonly error: Error | null }
  | { readonly status: 'signedOut'; readonly session: null; readonly error: null };

/** What {@link useSession} lets a component do. The functions stay the same from render to render. */
export interface SessionActions<TClient extends AnySessionClient> {
  /** Signs in, and resolves with the session. Rejects with what the server says, such as `invalid_credentials`. */
  readonly login: (input: LoginInputOf<TClient>) => Promise<SessionInfo>;
  /**
   * Ends the session on the server, then drops the token; done as well where there is no session, or none any more. The
   * server is always asked: there may be a cookie. Rejects where it cannot be reached, and the user stays signed in: try
   * again, or {@link SessionActions.forget}.
   */
  readonly logout: () => Promise<void>;
  /**
   * Drops the token without telling the server. The session lives on there, in the list of the user's other devices,
   * until it expires or they end it. So does a cookie here: only the server can take that back.
   */
  readonly forget: () => void;
  /** Asks the server again. */
  readonly refetch: () => Promise<void>;
}

/**
 * Tells who is signed in on this device, and signs in and out. Give the type of your client where `login` takes another
 * form than `{ username, password, device? }`: `useSession<typeof trpc.auth>()`.
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
  const { client, tokens, generation } = parts;
  const queryClient = useQueryClient();
  const { data, error, refetch: refetchQuery } = useQuery(currentQuery(parts, queryClient));

  const login = useCallback(
    async (input: LoginInputOf<TClient>) => {
      const received = await client.login.mutate(input, { context: keptByCaller });
      const session = receiveSession(received.session);
      tokens.set(received.token);
      queryClient.setQueryData(currentKey(generationOf(tokens)), session);
      return session;
    },
    [client, tokens, queryClient],
  );

  const logout = useCallback(async () => {
    const token = tokens.get();
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
    if (isSignedIn(generation)) await refetchQuery();
  }, [generation, refetchQuery]);

  return { ...sessionState(generation, data, error), login, logout, forget, refetch };
}

function sessionState(generation: Generation, session: SessionInfo | undefined, error: Error | null): SessionState {
  if (generation === null) return { status: 'signedOut', session: null, error: null };
  if (session === undefined) return { status: 'loading', session: null, error };
  return { status: 'signedIn', session, error };
}

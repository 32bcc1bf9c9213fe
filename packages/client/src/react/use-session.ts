import type { SessionEnd, SessionErrorReason, SessionInfo } from '@trpc-sessions/server';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { isEnding, refusalReason } from '../errors.ts';
import { keptByCaller } from '../links/sent-token.ts';
import { dropSignedOut, readToken } from '../tokens/token-store.ts';
import { useSessionParts } from './provider.tsx';
import { currentKey, currentQuery, type QueryParts } from './queries.ts';
import {
  receiveSession,
  type AnySessionClient,
  type ClaimsOf,
  type LoginInputOf,
  type ReceivedCurrentSession,
  type SessionClient,
} from './session-client.ts';
import { hasToken, tokenVersionOf } from './token-version.ts';

/** The result of {@link useSession}: the state, and the functions that change it. */
export type UseSessionResult<TClient extends AnySessionClient = SessionClient> = SessionState<ClaimsOf<TClient>> &
  SessionActions<TClient>;

/**
 * Why there is no session: the reason of the refusal that ended it, or `'signed_out'` if the user has signed out, or has not
 * signed in.
 */
export type SignedOutReason = SessionErrorReason | 'signed_out';

/**
 * - `loading`: there is a token, and its session is being fetched. With an `error`, the network or the server has failed,
 *   which does not sign the user out. A page rendered on a server is `loading` until it has hydrated, and a page with an
 *   asynchronous store until the token has been read.
 * - `signedIn`: there is a token, and `session` is its session, `userId` its user, and `claims` are the app's own.
 * - `signedOut`: there is no token, and `reason` says why, in all tabs alike.
 */
export type SessionState<TClaims = unknown> =
  | (NoSession & {
      readonly status: 'loading';
      readonly reason: null;
      readonly ended: null;
      readonly error: Error | null;
    })
  | {
      readonly status: 'signedIn';
      readonly reason: null;
      readonly ended: null;
      readonly session: SessionInfo;
      readonly userId: string;
      readonly claims: TClaims;
      readonly error: Error | null;
    }
  | (NoSession & {
      readonly status: 'signedOut';
      readonly reason: SignedOutReason;
      /** How it ended, if the server said so to this tab. */
      readonly ended: SessionEnd | null;
      readonly error: null;
    });

/** Without a session, there is no user. */
export interface NoSession {
  readonly session: null;
  readonly userId: null;
  readonly claims: null;
}

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
  const { client, queryClient, tokens } = parts;
  const { data, error, refetch } = useQuery(currentQuery(parts, identityOf), queryClient);

  const actions = useMemo(
    () => ({
      async login(input: LoginInputOf<TClient>) {
        const { token, session, userId, claims } = await client.login.mutate(input, { context: keptByCaller });
        tokens.set(token);
        queryClient.setQueryData(currentKey(tokenVersionOf(tokens)), { ...session, userId, claims });
        return receiveSession(session);
      },
      async logout() {
        const token = readToken(tokens);
        try {
          await client.logout.mutate();
        } catch (refusal) {
          const reason = refusalReason(refusal);
          // The session has already ended, or there was no token: the user is signed out.
          if (!isEnding(reason) && reason !== 'missing_token') throw refusal;
        }
        dropSignedOut(tokens, token);
      },
      forget: () => tokens.set(null),
      async refetch() {
        if (hasToken(tokenVersionOf(tokens))) await refetch();
      },
    }),
    [client, queryClient, tokens, refetch],
  );

  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the type of the client types its claims
  const state = sessionState(parts, data, error) as SessionState<ClaimsOf<TClient>>;
  return { ...state, ...actions };
}

interface Identity {
  readonly session: SessionInfo;
  readonly userId: string;
  readonly claims: unknown;
}

function identityOf({ userId, claims, ...session }: ReceivedCurrentSession): Identity {
  return { session: receiveSession(session), userId, claims };
}

/** The fields that a state does not have. */
const emptyState = { session: null, userId: null, claims: null, reason: null, ended: null, error: null };

function sessionState(
  { tokenVersion, reason, ended, rendered }: QueryParts,
  fetched: Identity | undefined,
  error: Error | null,
): SessionState {
  const identity = rendered ? identityOf(rendered) : fetched;
  if (tokenVersion === null) return { ...emptyState, status: 'signedOut', reason: reason ?? 'signed_out', ended };
  if (identity === undefined) return { ...emptyState, status: 'loading', error };
  return { ...emptyState, ...identity, status: 'signedIn', error };
}

import type { SessionInfo } from '@trpc-sessions/server';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { dropSignedOut, readToken } from '../tokens/token-store.ts';
import { useSessionParts } from './provider.tsx';
import { currentKey, listKey, listQuery } from './queries.ts';
import { receiveSession, type ReceivedSessionInfo } from './session-client.ts';
import { hasToken } from './token-version.ts';

/** The result of {@link useSessions}. The functions stay the same from render to render. */
export interface UseSessionsResult {
  /** The most recently seen first; empty while loading and when signed out. */
  readonly sessions: readonly SessionInfo[];
  /** Whether the list is loading for the first time. */
  readonly isPending: boolean;
  /** Why the last fetch failed. */
  readonly error: Error | null;
  /**
   * Revokes a session, given as an object or by its id. It leaves the list only after the server has revoked it. Revoking
   * the current one signs out. Rejects if the server refuses or cannot be reached.
   */
  readonly revoke: (session: string | Pick<SessionInfo, 'id'>) => Promise<void>;
  /** Revokes all sessions except the current one. */
  readonly revokeOthers: () => Promise<void>;
  /**
   * Names a session, given as an object or by its id. An empty name or `null` removes it. Rejects if the server refuses or cannot be
   * reached.
   */
  readonly rename: (session: string | Pick<SessionInfo, 'id'>, name: string | null) => Promise<void>;
  /** Whether a revocation is in progress. */
  readonly isRevoking: boolean;
  /** Fetches the list again. */
  readonly refetch: () => Promise<void>;
}

/**
 * Lists the user's sessions, names one, and revokes one or all others.
 *
 * @throws {Error} outside a `SessionProvider`
 * @example
 * ```tsx
 * import { useSessions } from '@trpc-sessions/client/react';
 *
 * const { sessions, revoke } = useSessions();
 * return sessions.map(({ id, device, current }) => (
 *   <li key={id}>
 *     {device.name} {current ? '(this one)' : <button onClick={() => revoke(id)}>Sign out</button>}
 *   </li>
 * ));
 * ```
 */
export function useSessions(): UseSessionsResult {
  const parts = useSessionParts();
  const { client, tokens, tokenVersion } = parts;
  const queryClient = useQueryClient();
  const {
    data: sessions = none,
    error,
    isPending,
    refetch: refetchQuery,
  } = useQuery(listQuery(parts, queryClient, receiveList));

  const keep = (test: (session: ReceivedSessionInfo) => boolean) => {
    queryClient.setQueryData<readonly ReceivedSessionInfo[]>(listKey(tokenVersion), (list) => list?.filter(test));
    void queryClient.invalidateQueries({ queryKey: listKey(tokenVersion) });
  };

  const { mutateAsync: revokeOne, isPending: isRevokingOne } = useMutation({
    mutationFn: async (id: string) => {
      const token = readToken(tokens);
      await client.sessions.revoke.mutate({ id });
      if (sessions.some((session) => session.current && session.id === id)) dropSignedOut(tokens, token);
      else keep((session) => session.id !== id);
    },
    networkMode,
  });

  const { mutateAsync: revokeAllOthers, isPending: isRevokingOthers } = useMutation({
    mutationFn: async () => {
      await client.sessions.revokeOthers.mutate();
      keep((session) => session.current);
    },
    networkMode,
  });

  const { mutateAsync: renameOne } = useMutation({
    mutationFn: async (input: { readonly id: string; readonly name: string | null }) => {
      // The server cleans a name.
      const { id, name } = await client.sessions.rename.mutate(input);
      queryClient.setQueryData<readonly ReceivedSessionInfo[]>(listKey(tokenVersion), (list) =>
        list?.map((session) => (session.id === id ? { ...session, name } : session)),
      );
      for (const queryKey of [listKey(tokenVersion), currentKey(tokenVersion)]) {
        void queryClient.invalidateQueries({ queryKey });
      }
    },
    networkMode,
  });

  const rename = useCallback<UseSessionsResult['rename']>(
    (session, name) => renameOne({ id: typeof session === 'string' ? session : session.id, name }),
    [renameOne],
  );
  const revoke = useCallback<UseSessionsResult['revoke']>(
    (session) => revokeOne(typeof session === 'string' ? session : session.id),
    [revokeOne],
  );
  const revokeOthers = useCallback(() => revokeAllOthers(), [revokeAllOthers]);
  const refetch = useCallback(async () => {
    if (!hasToken(tokenVersion)) return;
    // While the first answer is under way, TanStack Query would wait for it: it may be older than the change that this call is for.
    await queryClient.cancelQueries({ queryKey: listKey(tokenVersion) });
    await refetchQuery();
  }, [tokenVersion, queryClient, refetchQuery]);

  return {
    sessions,
    isPending: tokenVersion !== null && isPending,
    error: tokenVersion === null ? null : error,
    rename,
    revoke,
    revokeOthers,
    isRevoking: isRevokingOne || isRevokingOthers,
    refetch,
  };
}

function receiveList(received: readonly ReceivedSessionInfo[]): readonly SessionInfo[] {
  return received.map(receiveSession);
}

const none: readonly SessionInfo[] = [];

// Without a network, a revocation must fail at once, not wait silently for the network to come back.
const networkMode = 'always';

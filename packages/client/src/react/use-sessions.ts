import type { SessionInfo } from '@trpc-sessions/server';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { dropToken } from '../tokens/token-store.ts';
import { isSignedIn } from './generation.ts';
import { useSessionParts } from './provider.tsx';
import { listKey, listQuery } from './queries.ts';

/** What {@link useSessions} returns. The functions stay the same from render to render. */
export interface UseSessionsResult {
  /** The most recently seen first; empty until they are here, and when signed out. */
  readonly sessions: readonly SessionInfo[];
  /** Whether they are still to come. */
  readonly isPending: boolean;
  /** Why they could not be had, or not be renewed. */
  readonly error: Error | null;
  /**
   * Ends a session, given whole or by its id, and takes it off the list once the server has: what is still there is still
   * signed in. Ending the current one signs out. Rejects where the server refuses or cannot be reached.
   */
  readonly revoke: (session: string | Pick<SessionInfo, 'id'>) => Promise<void>;
  /** Ends all sessions but the current one. */
  readonly revokeOthers: () => Promise<void>;
  /** Whether something is being ended. */
  readonly isRevoking: boolean;
  /** Asks the server again. */
  readonly refetch: () => Promise<void>;
}

/**
 * Lists where the user is signed in, and ends one session or all the others.
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
  const { client, tokens, generation } = parts;
  const queryClient = useQueryClient();
  const { data: sessions = none, error, isPending, refetch: refetchQuery } = useQuery(listQuery(parts, queryClient));

  const keep = (test: (session: SessionInfo) => boolean) => {
    queryClient.setQueryData<readonly SessionInfo[]>(listKey(generation), (list) => list?.filter(test));
    void queryClient.invalidateQueries({ queryKey: listKey(generation) });
  };

  const { mutateAsync: revokeOne, isPending: isRevokingOne } = useMutation({
    mutationFn: async (id: string) => {
      const token = tokens.get();
      await client.sessions.revoke.mutate({ id });
      if (sessions.some((session) => session.current && session.id === id)) dropToken(tokens, token);
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

  const revoke = useCallback<UseSessionsResult['revoke']>(
    (session) => revokeOne(typeof session === 'string' ? session : session.id),
    [revokeOne],
  );
  const revokeOthers = useCallback(() => revokeAllOthers(), [revokeAllOthers]);
  const refetch = useCallback(async () => {
    if (isSignedIn(generation)) await refetchQuery();
  }, [generation, refetchQuery]);

  return {
    sessions,
    isPending: generation !== null && isPending,
    error: generation === null ? null : error,
    revoke,
    revokeOthers,
    isRevoking: isRevokingOne || isRevokingOthers,
    refetch,
  };
}

const none: readonly SessionInfo[] = [];

// Over a dead network a promise to end a session must fail, not wait unseen for the network to come back.
const networkMode = 'always';

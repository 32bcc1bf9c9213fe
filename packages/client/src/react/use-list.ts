import type { SessionInfo } from '@trpc-sessions/server';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import type { ListChangeInput } from './send-list-change.ts';
import { isOpenRevocation, listWith } from './list-changes.ts';
import { listKey, refreshList, type QueryParts } from './queries.ts';
import { receiveSession, type ReceivedSessionInfo } from './session-client.ts';
import { tokenVersionOf } from './token-version.ts';

/** A session, given as an object or by its id. */
export type SessionRef = string | Pick<SessionInfo, 'id'>;

/** Options of `useSessions` and `useSuspenseSessions`. */
export interface UseSessionsOptions {
  /**
   * Whether `sessions` shows a change before the server has answered, and takes it back if the call fails. With `false`, a
   * session stays until it is revoked: mark it by `revokingIds`. @defaultValue `true`
   */
  readonly optimistic?: boolean | undefined;
}

/** The result of `useSuspenseSessions`. The functions stay the same from render to render, for one user. */
export interface UseSuspenseSessionsResult {
  /** The most recently seen first; empty when signed out. */
  readonly sessions: readonly SessionInfo[];
  /**
   * Revokes a session, or several: 100 in a call. A session that has already ended counts as revoked. Revoking the current one signs
   * out. Rejects if the server refuses or cannot be reached: then the sessions come back.
   */
  readonly revoke: (sessions: SessionRef | readonly SessionRef[]) => Promise<void>;
  /** Revokes all sessions except the current one. */
  readonly revokeOthers: () => Promise<void>;
  /**
   * Names a session. An empty name or `null` removes it. Rejects if the server refuses or cannot be reached: then the former name
   * comes back.
   */
  readonly rename: (session: SessionRef, name: string | null) => Promise<void>;
  /** The ids of the sessions whose revocation is in progress, in any component. */
  readonly revokingIds: ReadonlySet<string>;
  /** Whether a revocation is in progress, in any component. */
  readonly isRevoking: boolean;
  /** Fetches the list again. */
  readonly refetch: () => Promise<void>;
}

/** A change, and all changes of its user. */
interface UserChange extends Pick<QueryParts, 'changes'> {
  readonly input: ListChangeInput;
}

/** Applies the changes that are under way to the list, and makes new ones. */
export function useList(
  parts: QueryParts,
  received: readonly ReceivedSessionInfo[] = none,
  { optimistic = true }: UseSessionsOptions = {},
): UseSuspenseSessionsResult {
  const { queryClient, tokens, changes, needList } = parts;
  useEffect(needList, [needList]);
  const all = useSyncExternalStore(changes.subscribe, changes.get, changes.get);
  const sessions = useMemo(() => {
    const shown = optimistic ? all : all.filter(({ isDone }) => isDone);
    return listWith(received, shown).map(receiveSession);
  }, [received, all, optimistic]);
  const revokingIds = useMemo(() => new Set(all.filter(isOpenRevocation).flatMap(({ ids }) => ids)), [all]);

  const { mutateAsync } = useMutation(
    {
      // A retry runs the function of the latest render, which may be for the next user. So a change brings the changes of its own user.
      async mutationFn({ input, changes: ofItsUser }: UserChange) {
        const { sendListChange } = await import('./list-later.ts');
        return sendListChange({ ...parts, changes: ofItsUser }, input);
      },
      // Without a network, a revocation must fail at once, not wait silently for the network to come back.
      networkMode: 'always',
    },
    queryClient,
  );

  const actions = useMemo(() => {
    async function run(input: ListChangeInput): Promise<void> {
      changes.add(input);
      try {
        await mutateAsync({ changes, input });
      } catch (error) {
        // Not before: an app's `retry` may try again.
        changes.settle(input, false);
        throw error;
      }
    }
    return {
      revoke: (refs: SessionRef | readonly SessionRef[]) => run({ ids: [...new Set([refs].flat().map(idOf))] }),
      revokeOthers() {
        const list = queryClient.getQueryData<readonly ReceivedSessionInfo[]>(listKey(tokenVersionOf(tokens))) ?? none;
        return run({ ids: list.filter(({ current }) => !current).map(idOf), others: true });
      },
      // The server trims a name, too.
      rename: (session: SessionRef, name: string | null) => run({ ids: [idOf(session)], name: name?.trim() || null }),
      refetch: () => refreshList(queryClient, tokens),
    };
  }, [queryClient, tokens, changes, mutateAsync]);

  return { sessions, revokingIds, isRevoking: all.some(isOpenRevocation), ...actions };
}

function idOf(session: SessionRef): string {
  return typeof session === 'string' ? session : session.id;
}

const none: readonly never[] = [];

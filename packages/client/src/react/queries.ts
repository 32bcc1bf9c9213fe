import type { SessionEnd, SessionErrorReason } from '@trpc-sessions/server';
import { CancelledError, type QueryClient, type QueryFunction, type UseQueryOptions } from '@tanstack/react-query';
import { refusalReason } from '../errors.ts';
import { dropRefusedToken } from '../links/sent-token.ts';
import { readToken, type TokenStore } from '../tokens/token-store.ts';
import type { ListChanges } from './list-changes.ts';
import type { AnySessionClient, ReceivedCurrentSession, ReceivedSessionInfo, ReceiveQuery } from './session-client.ts';
import { hasToken, tokenVersionOf, type TokenVersion } from './token-version.ts';

/** The first part of every query key of the hooks. */
export const rootKey = 'trpc-sessions';

/** How long an answer stays fresh, in milliseconds: until then, a mounting component or a focused window does not refetch. */
const staleTime = 30_000;

export type SessionQueryKey = readonly [typeof rootKey, TokenVersion, 'current' | 'list' | 'none'];

/** The context of {@link SessionProvider}. */
export interface QueryParts {
  readonly client: AnySessionClient;
  readonly queryClient: QueryClient;
  readonly tokens: TokenStore;
  readonly tokenVersion: TokenVersion;
  /** Why there is no token; `null` if the user has signed out, or has not signed in. */
  readonly reason: SessionErrorReason | null;
  /** How the session ended whose token was refused, if this tab knows. */
  readonly ended: SessionEnd | null;
  /** The session that a server has rendered, until it has been taken over. */
  readonly rendered: ReceivedCurrentSession | null | undefined;
  /** The changes of the list that this page has made. */
  readonly changes: ListChanges;
  /** Reads the store again: its token has changed, and its listeners have not been called yet. */
  readonly rereadToken: () => void;
  /** Loads the code that a page needs to change the list, and to keep it equal to the app's own query. */
  readonly needList: () => void;
}

export const currentKey = (tokenVersion: TokenVersion): SessionQueryKey => [rootKey, tokenVersion, 'current'];
export const listKey = (tokenVersion: TokenVersion): SessionQueryKey => [rootKey, tokenVersion, 'list'];

/** Fetches the current session. */
export function currentQuery<TData>(
  parts: QueryParts,
  select: (received: ReceivedCurrentSession) => TData,
): SessionQuery<ReceivedCurrentSession, TData> {
  return { ...sessionQuery(parts, currentKey, parts.client.sessions.current), select };
}

/** Fetches all sessions of the user. */
export function listQuery(parts: QueryParts): SessionQuery<readonly ReceivedSessionInfo[]> {
  return sessionQuery(parts, listKey, parts.client.sessions.list);
}

/** The list without a token. It is never fetched. */
export const noListQuery: SessionQuery<readonly ReceivedSessionInfo[]> = {
  queryKey: [rootKey, null, 'none'],
  queryFn: () => [],
  initialData: [],
  staleTime: Infinity,
};

/** Fetches the list again if a component shows it. */
export async function refreshList(queryClient: QueryClient, tokens: TokenStore): Promise<void> {
  const filters = { queryKey: listKey(tokenVersionOf(tokens)) };
  // While the first answer is under way, TanStack Query would wait for it: it may be older than the change that this call is for.
  await queryClient.cancelQueries(filters);
  await queryClient.invalidateQueries(filters);
}

/** The cache keeps answers as they arrived, as tRPC's own queries do. */
type SessionQuery<TReceived, TData = TReceived> = UseQueryOptions<TReceived, Error, TData, SessionQueryKey> & {
  readonly queryFn: QueryFunction<TReceived, SessionQueryKey>;
};

function sessionQuery<TReceived>(
  { queryClient, tokens, tokenVersion, rereadToken }: QueryParts,
  keyOf: (tokenVersion: TokenVersion) => SessionQueryKey,
  procedure: { readonly query: ReceiveQuery<TReceived> },
): Omit<SessionQuery<TReceived>, 'select'> {
  const queryKey = keyOf(tokenVersion);
  const { retry = 3, refetchOnReconnect } = queryClient.getDefaultOptions().queries ?? {};

  // Another tab's write to storage is visible before its event arrives: the answer may be another user's.
  async function requireSameToken(): Promise<void> {
    if (tokenVersionOf(tokens) === tokenVersion) return;
    rereadToken();
    await queryClient.cancelQueries({ queryKey, exact: true });
    throw new CancelledError();
  }

  return {
    queryKey,
    async queryFn({ signal }) {
      await requireSameToken();
      const token = readToken(tokens);
      try {
        const answer = await procedure.query(undefined, { signal });
        await requireSameToken();
        return answer;
      } catch (error) {
        // As `sessionLink` does, for apps whose links are their own.
        dropRefusedToken(tokens, token, error);
        throw error;
      }
    },
    enabled: hasToken(tokenVersion),
    staleTime,
    // Without a network it fails at once instead of waiting silently, and refetches when the network is back.
    networkMode: 'always',
    ...(refetchOnReconnect === undefined && { refetchOnReconnect: true }),
    // An app's defaults may keep previous data, which may be another user's.
    placeholderData: () => undefined,
    retry(failures, error) {
      // A refusal is final.
      if (refusalReason(error) !== undefined) return false;
      return typeof retry === 'function' ? retry(failures, error) : retry === true || failures < Number(retry);
    },
  };
}

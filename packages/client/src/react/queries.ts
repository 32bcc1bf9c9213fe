import type { SessionInfo } from '@trpc-sessions/server';
import { CancelledError, type QueryClient, type UseQueryOptions } from '@tanstack/react-query';
import { sessionErrorReason } from '../errors.ts';
import { dropRefusedToken } from '../links/sent-token.ts';
import { readToken, type TokenStore } from '../tokens/token-store.ts';
import { receiveSession, type AnySessionClient } from './session-client.ts';
import { hasToken, tokenVersionOf, type TokenVersion } from './token-version.ts';

/** The first part of every query key of the hooks. */
export const rootKey = 'trpc-sessions';

/** How long an answer stays fresh, in milliseconds: until then, a mounting component or a focused window does not refetch. */
const staleTime = 30_000;

type SessionQueryKey = readonly [typeof rootKey, TokenVersion, 'current' | 'list'];

/** The context of {@link SessionProvider}. */
export interface QueryParts {
  readonly client: AnySessionClient;
  readonly tokens: TokenStore;
  readonly tokenVersion: TokenVersion;
  /** Reads the store again: its token has changed, and its listeners have not been called yet. */
  readonly rereadToken: () => void;
}

export const currentKey = (tokenVersion: TokenVersion): SessionQueryKey => [rootKey, tokenVersion, 'current'];
export const listKey = (tokenVersion: TokenVersion): SessionQueryKey => [rootKey, tokenVersion, 'list'];

/** Fetches the current session. */
export function currentQuery(parts: QueryParts, queryClient: QueryClient): SessionQuery<SessionInfo> {
  const { client, tokenVersion } = parts;
  return sessionQuery(parts, queryClient, currentKey(tokenVersion), async (signal) =>
    receiveSession(await client.sessions.current.query(undefined, { signal })),
  );
}

/** Fetches all sessions of the user. */
export function listQuery(parts: QueryParts, queryClient: QueryClient): SessionQuery<readonly SessionInfo[]> {
  const { client, tokenVersion } = parts;
  return sessionQuery(parts, queryClient, listKey(tokenVersion), async (signal): Promise<readonly SessionInfo[]> => {
    const received = await client.sessions.list.query(undefined, { signal });
    return received.map(receiveSession);
  });
}

type SessionQuery<TData> = UseQueryOptions<TData, Error, TData, SessionQueryKey>;

function sessionQuery<TData>(
  { tokens, tokenVersion, rereadToken }: QueryParts,
  queryClient: QueryClient,
  queryKey: SessionQueryKey,
  request: (signal: AbortSignal) => Promise<TData>,
): SessionQuery<TData> {
  const { retry = 3, refetchOnReconnect } = queryClient.getDefaultOptions().queries ?? {};

  // Another tab's write to storage is visible before its event arrives: the answer may be another user's.
  const isOutdated = () => tokenVersionOf(tokens) !== tokenVersion;
  async function giveUp(): Promise<never> {
    rereadToken();
    await queryClient.cancelQueries({ queryKey, exact: true });
    throw new CancelledError();
  }

  return {
    queryKey,
    async queryFn({ signal }) {
      if (isOutdated()) return giveUp();
      const answer = await dropTokenIfRefused(tokens, () => request(signal));
      return isOutdated() ? giveUp() : answer;
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
      if (sessionErrorReason(error) !== null) return false;
      if (typeof retry === 'function') return retry(failures, error);
      return typeof retry === 'number' ? failures < retry : retry;
    },
  };
}

/** Drops a refused token as `sessionLink` does, for apps whose links are their own. */
async function dropTokenIfRefused<TResult>(tokens: TokenStore, request: () => Promise<TResult>): Promise<TResult> {
  const token = readToken(tokens);
  try {
    return await request();
  } catch (error) {
    dropRefusedToken(tokens, token, error);
    throw error;
  }
}

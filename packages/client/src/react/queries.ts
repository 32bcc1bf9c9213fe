import type { SessionInfo } from '@trpc-sessions/server';
import { CancelledError, type QueryClient, type UseQueryOptions } from '@tanstack/react-query';
import { sessionErrorReason } from '../errors.ts';
import { dropRefusedToken } from '../links/refused-token.ts';
import type { TokenStore } from '../tokens/token-store.ts';
import { generationOf, isSignedIn, type Generation } from './generation.ts';
import { receiveSession, type AnySessionClient } from './session-client.ts';

/** All that the hooks keep in the query cache stands under this. */
export const rootKey = 'trpc-sessions';

/** How long an answer is taken as fresh, in milliseconds: a mounting component or a focused window asks no sooner. */
const staleTime = 30_000;

type SessionQueryKey = readonly [typeof rootKey, Generation, 'current' | 'list'];

/** What the queries are made of. */
export interface QueryParts {
  readonly client: AnySessionClient;
  readonly tokens: TokenStore;
  readonly generation: Generation;
  /** Looks at the store again: it holds another token by now, of which nobody has told. */
  readonly catchUp: () => void;
}

export const currentKey = (generation: Generation): SessionQueryKey => [rootKey, generation, 'current'];
export const listKey = (generation: Generation): SessionQueryKey => [rootKey, generation, 'list'];

/** Asks for the caller's own session. */
export function currentQuery(parts: QueryParts, queryClient: QueryClient): SessionQuery<SessionInfo> {
  const { client, generation } = parts;
  return sessionQuery(parts, queryClient, currentKey(generation), async (signal) =>
    receiveSession(await client.sessions.current.query(undefined, { signal })),
  );
}

/** Asks for all sessions of the caller. */
export function listQuery(parts: QueryParts, queryClient: QueryClient): SessionQuery<readonly SessionInfo[]> {
  const { client, generation } = parts;
  return sessionQuery(parts, queryClient, listKey(generation), async (signal): Promise<readonly SessionInfo[]> => {
    const received = await client.sessions.list.query(undefined, { signal });
    return received.map(receiveSession);
  });
}

type SessionQuery<TData> = UseQueryOptions<TData, Error, TData, SessionQueryKey>;

function sessionQuery<TData>(
  { tokens, generation, catchUp }: QueryParts,
  queryClient: QueryClient,
  queryKey: SessionQueryKey,
  ask: (signal: AbortSignal) => Promise<TData>,
): SessionQuery<TData> {
  const { retry = 3, refetchOnReconnect } = queryClient.getDefaultOptions().queries ?? {};

  // What another tab does to storage is there before the browser tells of it: the answer would be someone else's.
  const isOvertaken = () => generationOf(tokens) !== generation;
  async function giveUp(): Promise<never> {
    catchUp();
    await queryClient.cancelQueries({ queryKey, exact: true });
    throw new CancelledError();
  }

  return {
    queryKey,
    async queryFn({ signal }) {
      if (isOvertaken()) return giveUp();
      const answer = await askWithToken(tokens, () => ask(signal));
      return isOvertaken() ? giveUp() : answer;
    },
    enabled: isSignedIn(generation),
    staleTime,
    // Over a dead network it says so, instead of waiting unseen for the network to come back. Then it asks again.
    networkMode: 'always',
    ...(refetchOnReconnect === undefined && { refetchOnReconnect: true }),
    // An app may keep previous data by default; the session before is someone else's.
    placeholderData: () => undefined,
    retry(failures, error) {
      // A refusal is an answer.
      if (sessionErrorReason(error) !== null) return false;
      if (typeof retry === 'function') return retry(failures, error);
      return typeof retry === 'number' ? failures < retry : retry;
    },
  };
}

/** Does what `sessionLink` does, for an app that calls with links of its own. */
async function askWithToken<TResult>(tokens: TokenStore, ask: () => Promise<TResult>): Promise<TResult> {
  const token = tokens.get();
  try {
    return await ask();
  } catch (error) {
    dropRefusedToken(tokens, token, error);
    throw error;
  }
}

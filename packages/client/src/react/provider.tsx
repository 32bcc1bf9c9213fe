import { useQueryClient } from '@tanstack/react-query';
import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useReducer,
  useSyncExternalStore,
  type Context,
  type ReactElement,
  type ReactNode,
} from 'react';
import { sharedByCopies } from '../shared-by-copies.ts';
import { isAsync, requireTokenStore, untilReady, type TokenStore } from '../tokens/token-store.ts';
import { rootKey, type QueryParts } from './queries.ts';
import type { AnySessionClient } from './session-client.ts';
import { tokenVersionOf } from './token-version.ts';

/** Props of {@link SessionProvider}. */
export interface SessionProviderProps {
  /** The client of our procedures: `trpc.auth` if the router is nested there, `trpc` if it is merged. */
  readonly client: AnySessionClient;
  /** The token store of the client's links. */
  readonly tokens: TokenStore;
  readonly children?: ReactNode;
}

// A copy of React's has a context of its own: another release could not read it.
const contexts = /* @__PURE__ */ sharedByCopies(
  'react-contexts',
  () => new WeakMap<typeof createContext, Context<QueryParts | null>>(),
);

function contextOfCopies(): Context<QueryParts | null> {
  const context = contexts.get(createContext) ?? createContext<QueryParts | null>(null);
  contexts.set(createContext, context);
  return context;
}

const SessionContext = /* @__PURE__ */ contextOfCopies();

/**
 * Provides {@link useSession} and {@link useSessions} to the components below it. Put it inside TanStack Query's
 * `QueryClientProvider`.
 *
 * @throws {TypeError} `tokens` is no token store
 * @example
 * ```tsx
 * import { SessionProvider } from '@trpc-sessions/client/react';
 *
 * <QueryClientProvider client={queryClient}>
 *   <SessionProvider client={trpc.auth} tokens={tokens}>
 *     <App />
 *   </SessionProvider>
 * </QueryClientProvider>
 * ```
 */
export function SessionProvider({ client, tokens, children }: SessionProviderProps): ReactElement {
  requireTokenStore(tokens);
  const subscribe = useCallback(
    (listener: () => void) => {
      if (isAsync(tokens)) void untilReady(tokens).then(listener);
      return tokens.subscribe(listener);
    },
    [tokens],
  );
  const tokenVersion = useSyncExternalStore(subscribe, () => tokenVersionOf(tokens), beforeHydration);
  const [, rereadToken] = useReducer((renders: number) => renders + 1, 0);
  const parts = useMemo(() => ({ client, tokens, tokenVersion, rereadToken }), [client, tokens, tokenVersion]);

  const queryClient = useQueryClient();
  useEffect(() => {
    if (tokenVersion === undefined) return;
    // Data of former sessions is never shown again.
    queryClient.removeQueries({
      type: 'inactive',
      predicate: ({ queryKey }) => queryKey[0] === rootKey && queryKey[1] !== tokenVersion,
    });
  }, [queryClient, tokenVersion]);

  return <SessionContext.Provider value={parts}>{children}</SessionContext.Provider>;
}

/** A server renders without the token, and so does its page until hydration. */
const beforeHydration = () => undefined;

/**
 * @throws {Error} outside a {@link SessionProvider}
 */
export function useSessionParts(): QueryParts {
  const parts = useContext(SessionContext);
  if (parts === null) throw new Error('No SessionProvider: put one around the components that use sessions.');
  return parts;
}

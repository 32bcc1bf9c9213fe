import { useQueryClient } from '@tanstack/react-query';
import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useReducer,
  useSyncExternalStore,
  type ReactElement,
  type ReactNode,
} from 'react';
import type { TokenStore } from '../tokens/token-store.ts';
import { generationOf } from './generation.ts';
import { rootKey, type QueryParts } from './queries.ts';
import type { AnySessionClient } from './session-client.ts';

/** What {@link SessionProvider} takes. */
export interface SessionProviderProps {
  /** The client of our procedures: `trpc.auth` where the router is nested there, `trpc` where it is merged. */
  readonly client: AnySessionClient;
  /** The store that the links of the client take the token from. */
  readonly tokens: TokenStore;
  readonly children?: ReactNode;
}

const SessionContext = createContext<QueryParts | null>(null);

/**
 * Lets {@link useSession} and {@link useSessions} work below it. It stands inside TanStack Query's `QueryClientProvider`.
 *
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
  const subscribe = useCallback((listener: () => void) => tokens.subscribe(listener), [tokens]);
  const generation = useSyncExternalStore(subscribe, () => generationOf(tokens), notKnownYet);
  const [, catchUp] = useReducer((renders: number) => renders + 1, 0);
  const parts = useMemo(() => ({ client, tokens, generation, catchUp }), [client, tokens, generation]);

  const queryClient = useQueryClient();
  useEffect(() => {
    if (generation === undefined) return;
    // What nobody shows any more of former sessions: nobody will.
    queryClient.removeQueries({
      type: 'inactive',
      predicate: ({ queryKey }) => queryKey[0] === rootKey && queryKey[1] !== generation,
    });
  }, [queryClient, generation]);

  return <SessionContext.Provider value={parts}>{children}</SessionContext.Provider>;
}

/** A server has no token to render with, nor has a page that takes over what one has rendered, until it is alive. */
const notKnownYet = () => undefined;

/**
 * @throws {Error} outside a {@link SessionProvider}
 */
export function useSessionParts(): QueryParts {
  const parts = useContext(SessionContext);
  if (parts === null) throw new Error('No SessionProvider: put one around the components that use sessions.');
  return parts;
}

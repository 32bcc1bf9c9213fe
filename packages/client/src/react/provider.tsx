import { useQueryClient } from '@tanstack/react-query';
import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useReducer,
  useRef,
  useState,
  useSyncExternalStore,
  type Context,
  type ReactElement,
  type ReactNode,
} from 'react';
import { endedOf } from '../errors.ts';
import { sharedByCopies } from '../shared-by-copies.ts';
import {
  isAsync,
  readRefusal,
  readReason,
  requireTokenStore,
  stateOf,
  untilReady,
  type TokenStore,
} from '../tokens/token-store.ts';
import { useInitialSession, type InitialSession } from './initial-session.ts';
import { rootKey, type QueryParts } from './queries.ts';
import type { AnySessionClient } from './session-client.ts';
import { shareList } from './shared-list.ts';
import { tokenVersionOf } from './token-version.ts';
import { useLive, type LiveProps } from './use-live.ts';
import { changesOf, followToken, refetchForUser, type IsPublic } from './user-change.ts';

/** Props of {@link SessionProvider}. */
export interface SessionProviderProps extends LiveProps {
  /** The client of our procedures: `trpc.auth` if the router is nested there, `trpc` if it is merged. */
  readonly client: AnySessionClient;
  /** The token store of the client's links. */
  readonly tokens: TokenStore;
  /**
   * Returns whether a query of the app has the same answer for all users. It stays cached when the user changes; all other
   * queries are removed, and fetched again for the next user. @defaultValue none is public
   */
  readonly isPublic?: IsPublic | undefined;
  /**
   * The session that the server has rendered, if its token is in a cookie: the result of `sessions.current` there, or `null` for a
   * visitor. The hooks then return the same on the server, while the page hydrates, and after a server action has signed
   * in or out. @defaultValue `'loading'` until the page has hydrated
   */
  readonly initialSession?: InitialSession;
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
export function SessionProvider({
  client,
  tokens,
  isPublic = nonePublic,
  initialSession,
  live,
  onNewSession,
  onSignedOut,
  children,
}: SessionProviderProps): ReactElement {
  requireTokenStore(tokens);
  const queryClient = useQueryClient();
  // The app may write it as a new function in each render.
  const isPublicNow = useRef(isPublic);
  useEffect(() => void (isPublicNow.current = isPublic));
  const follow = useCallback(
    () => followToken(queryClient, tokens, (query) => isPublicNow.current(query)),
    [queryClient, tokens],
  );

  const isSettled = useInitialSession(tokens, isPublic, initialSession);
  // Before the first render: the user may have changed while the provider was not mounted.
  useState(() => isSettled && followToken(queryClient, tokens, isPublic));
  const subscribe = useCallback(
    (listener: () => void) => {
      const onChange = () => {
        follow();
        listener();
      };
      if (isAsync(tokens)) void untilReady(tokens).then(onChange);
      return tokens.subscribe(onChange);
    },
    [tokens, follow],
  );
  const held = useSyncExternalStore(subscribe, () => tokenVersionOf(tokens), beforeHydration);
  const rendered = isSettled ? undefined : initialSession;
  const tokenVersion = isSettled ? held : rendered === null ? null : undefined;
  const reason = useSyncExternalStore(subscribe, () => readReason(tokens), noReason);
  const refusal = useSyncExternalStore(subscribe, () => readRefusal(tokens), beforeHydration);
  const ended = useMemo(() => endedOf(refusal), [refusal]);
  const changes = changesOf(queryClient, tokens);
  const [, rerender] = useReducer((renders: number) => renders + 1, 0);
  const parts = useMemo(() => {
    const rereadToken = () => {
      follow();
      rerender();
    };
    return { client, tokens, tokenVersion, reason, ended, rendered, changes, rereadToken };
  }, [client, tokens, tokenVersion, reason, ended, rendered, changes, follow]);

  const shown = useRef(tokenVersion);
  useEffect(() => {
    if (tokenVersion === undefined) return;
    // Another tab may drop the next token, whose end this tab does not know.
    if (tokenVersion !== null) stateOf(tokens).refusal = undefined;
    follow();
    if (shown.current !== undefined && shown.current !== tokenVersion) {
      refetchForUser(queryClient, (query) => isPublicNow.current(query));
    }
    shown.current = tokenVersion;
    // Data of former sessions is never shown again.
    queryClient.removeQueries({
      type: 'inactive',
      predicate: ({ queryKey }) => queryKey[0] === rootKey && queryKey[1] !== tokenVersion,
    });
  }, [queryClient, tokens, tokenVersion, follow]);

  useEffect(() => shareList(queryClient, tokens, changes), [queryClient, tokens, changes]);
  useLive(client, tokens, { live, onNewSession, onSignedOut, onEnded: rerender });

  return <SessionContext.Provider value={parts}>{children}</SessionContext.Provider>;
}

const nonePublic = () => false;

/** A server renders without the token, and so does its page until hydration. */
const beforeHydration = () => undefined;
const noReason = () => null;

/**
 * @throws {Error} outside a {@link SessionProvider}
 */
export function useSessionParts(): QueryParts {
  const parts = useContext(SessionContext);
  if (parts === null) throw new Error('No SessionProvider: put one around the components that use sessions.');
  return parts;
}

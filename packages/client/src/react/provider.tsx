import type { SessionErrorReason } from '@trpc-sessions/server';
import { useQueryClient } from '@tanstack/react-query';
import {
  createContext,
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
import { readReason, requireTokenStore, stateOf, type TokenStore } from '../tokens/token-store.ts';
import { useInitialSession, type InitialSession } from './initial-session.ts';
import { rootKey, type QueryParts } from './queries.ts';
import type { AnySessionClient } from './session-client.ts';
import { tokenVersionOf, type TokenVersion } from './token-version.ts';
import { useLive, type LiveProps } from './use-live.ts';
import { followToken, refetchForUser, userOf, type IsPublic } from './user-change.ts';
import { whileLoaded } from './while-loaded.ts';

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

// Each copy of React has a context of its own: another copy could not read it.
const contexts = /* @__PURE__ */ sharedByCopies(
  'contexts',
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
export function SessionProvider(props: SessionProviderProps): ReactElement {
  const { client, tokens, isPublic, initialSession, live, children } = props;
  requireTokenStore(tokens);
  const queryClient = useQueryClient();
  const user = userOf(queryClient, tokens);
  // While rendering, not in an effect: the next two lines may remove answers, and call it.
  user.isPublic = isPublic;
  const isSettled = useInitialSession(user, initialSession);
  // Once, and before the components below render: the user may have changed while the provider was not mounted.
  useState(() => isSettled && followToken(user));
  const state = useSyncExternalStore(user.subscribe, () => versionOrReason(tokens), beforeHydration);
  const [heldVersion, reason] = typeof state === 'string' ? [null, state] : [state, null];
  const rendered = isSettled ? undefined : initialSession;
  const renderedVersion = rendered === null ? null : undefined;
  const tokenVersion = isSettled ? heldVersion : renderedVersion;
  const refusal = reason === null ? undefined : stateOf(tokens).refusal;
  const ended = useMemo(() => endedOf(refusal), [refusal]);
  const { changes } = user;
  // Reducers, because React keeps their functions the same from render to render.
  const [, rerender] = useReducer((renders: number) => renders + 1, 0);
  const [hasList, needList] = useReducer(() => true, false);
  const parts = useMemo(() => {
    const rereadToken = () => {
      followToken(user);
      rerender();
    };
    return { client, queryClient, tokens, tokenVersion, reason, ended, rendered, changes, rereadToken, needList };
  }, [client, queryClient, tokens, user, tokenVersion, reason, ended, rendered, changes]);

  const shown = useRef(tokenVersion);
  useEffect(() => {
    if (tokenVersion === undefined) return;
    // Another tab may drop the next token, whose end this tab does not know.
    if (tokenVersion !== null) stateOf(tokens).refusal = undefined;
    followToken(user);
    if (shown.current !== undefined && shown.current !== tokenVersion) refetchForUser(user);
    shown.current = tokenVersion;
    // Data of former sessions is never shown again.
    queryClient.removeQueries({
      type: 'inactive',
      predicate: ({ queryKey }) => queryKey[0] === rootKey && queryKey[1] !== tokenVersion,
    });
  }, [queryClient, tokens, user, tokenVersion]);

  const isListNeeded = hasList || live;
  useEffect(() => {
    // A mutation of the app may change the list, too.
    if (!isListNeeded) return queryClient.getMutationCache().subscribe(({ type }) => type === 'added' && needList());
    return whileLoaded(
      () => import('./list-later.ts'),
      ({ shareList }) => shareList(queryClient, tokens, changes),
    );
  }, [isListNeeded, queryClient, tokens, changes]);
  useLive(client, user, props, rerender);

  return <SessionContext.Provider value={parts}>{children}</SessionContext.Provider>;
}

/** A server renders without the token, and so does its page until hydration. */
const beforeHydration = () => undefined;

/** The version of the token, or the reason why there is none: one value, so that React can compare it. */
function versionOrReason(tokens: TokenStore): TokenVersion | SessionErrorReason {
  const version = tokenVersionOf(tokens);
  return version === null ? readReason(tokens) : version;
}

/**
 * @throws {Error} outside a {@link SessionProvider}
 */
export function useSessionParts(): QueryParts {
  const parts = useContext(SessionContext);
  if (parts === null) throw new Error('No SessionProvider: put one around this component.');
  return parts;
}

import {
  httpBatchLink,
  httpSubscriptionLink,
  splitLink,
  type HTTPBatchLinkOptions,
  type Operation,
  type TRPCLink,
} from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { tap } from '@trpc/server/observable';
import { EventSource } from 'eventsource';
import { eventSourceOptions } from './event-source.ts';
import { joinHeaders, sessionHeaders } from './headers.ts';
import { isKeptByCaller } from './kept-token.ts';
import { dropRefusedToken } from './refused-token.ts';
import { markOperation, sentToken } from './sent-token.ts';
import { dropToken, type TokenStore } from '../tokens/token-store.ts';

/** What {@link sessionLink} takes. */
export interface SessionLinkOptions {
  /** Where the router of trpc-sessions is nested: `'auth'`, `'account.auth'`. @defaultValue merged at the root */
  readonly at?: string | undefined;
  /** Where the access token is kept. */
  readonly tokens: TokenStore;
}

/**
 * What {@link sessionLinks} takes: our own, and every option of tRPC's `httpBatchLink`. `transformer` is required
 * exactly where the router has one, and a `fetch` returns whole responses.
 */
export type SessionLinksOptions<TRouter extends AnyTRPCRouter> = SessionLinkOptions &
  HTTPBatchLinkOptions<TRouter['_def']['_config']['$types']>;

/**
 * A link that keeps the access token: it puts it into the store when `login` succeeds, and drops it when `logout` does
 * or when the server says that its session has ended. It drops only the token that was refused, and none for a dead
 * network or a failing server. Put it before the links that send; those take {@link sessionHeaders} or
 * {@link sessionConnectionParams}.
 *
 * @example
 * ```ts
 * import { sessionHeaders, sessionLink } from '@trpc-sessions/client';
 *
 * const trpc = createTRPCClient<AppRouter>({
 *   links: [sessionLink({ at: 'auth', tokens }), httpLink({ url: '/trpc', headers: sessionHeaders(tokens) })],
 * });
 * ```
 */
export function sessionLink<TRouter extends AnyTRPCRouter>(options: SessionLinkOptions): TRPCLink<TRouter> {
  const { at, tokens } = options;
  const prefix = at ? `${at}.` : '';
  const login = `${prefix}login`;
  const logout = `${prefix}logout`;

  return () =>
    ({ op: unmarked, next }) => {
      const op = markOperation(unmarked);
      const held = tokens.get();
      const sent = () => {
        const noted = sentToken(op, tokens);
        // A link that notes nothing has most likely sent what was held when the call began.
        return noted === undefined ? held : noted;
      };
      return next(op).pipe(
        tap({
          next({ result }) {
            if (!('data' in result)) return;
            if (op.path === login && !isKeptByCaller(op)) keepToken(tokens, result.data);
            if (op.path === logout) dropToken(tokens, sent());
          },
          error(error) {
            dropRefusedToken(tokens, sent(), error);
          },
        }),
      );
    };
}

/**
 * All the links an app needs: the access token is kept for you, and sent for you in the `Authorization` header, never
 * in a URL. Queries and mutations are batched, subscriptions run over Server-Sent Events.
 *
 * @example
 * ```ts
 * import { localStorageTokenStore, sessionLinks } from '@trpc-sessions/client';
 *
 * const tokens = localStorageTokenStore();
 * const trpc = createTRPCClient<AppRouter>({
 *   links: sessionLinks({ url: '/trpc', at: 'auth', tokens, transformer: superjson }),
 * });
 * await trpc.auth.login.mutate({ username, password });
 * ```
 */
export function sessionLinks<TRouter extends AnyTRPCRouter>(
  options: SessionLinksOptions<TRouter>,
): TRPCLink<TRouter>[] {
  const { tokens } = options;
  const session = sessionHeaders(tokens);

  async function headers({ opList }: { opList: [Operation, ...Operation[]] }): Promise<Headers> {
    const theirs = typeof options.headers === 'function' ? await options.headers({ opList }) : options.headers;
    return joinHeaders(theirs ?? {}, session({ opList }));
  }

  const subscriptions = {
    url: options.url.toString(),
    transformer: options.transformer,
    ...(options.pathSeparator !== undefined && { pathSeparator: options.pathSeparator }),
    EventSource,
    eventSourceOptions: ({ op }: { op: Operation }) =>
      eventSourceOptions({ fetch: options.fetch, headers: () => headers({ opList: [op] }) }),
  };

  return [
    sessionLink(options),
    splitLink<TRouter>({
      condition: (op) => op.type === 'subscription',
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the caller's types have settled whether there is a transformer
      true: httpSubscriptionLink(subscriptions as SubscriptionLinkOptions),
      false: httpBatchLink({ ...options, headers }),
    }),
  ];
}

type SubscriptionLinkOptions = Parameters<typeof httpSubscriptionLink<AnyTRPCRouter, typeof EventSource>>[0];

function keepToken(tokens: TokenStore, result: unknown): void {
  if (typeof result !== 'object' || result === null || !('token' in result)) return;
  if (typeof result.token === 'string') tokens.set(result.token);
}

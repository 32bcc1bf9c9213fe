import {
  httpBatchLink,
  httpSubscriptionLink,
  splitLink,
  type HTTPBatchLinkOptions,
  type Operation,
  type TRPCLink,
} from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import type { EventSource } from 'eventsource';
import { eventSourceOptions } from './event-source.ts';
import { joinHeaders, tokenHeaders } from './headers.ts';
import { lazyLink } from './lazy-link.ts';
import { prefixOf, sessionLink, type SessionLinkOptions } from './session-link.ts';

/**
 * Options of {@link sessionLinks}: those of {@link sessionLink}, and all of tRPC's `httpBatchLink`. `transformer` is
 * required if the router has one. A custom `fetch` must return whole responses.
 */
export type SessionLinksOptions<TRouter extends AnyTRPCRouter> = SessionLinkOptions &
  HTTPBatchLinkOptions<TRouter['_def']['_config']['$types']> & {
    /**
     * Another link that batches queries and mutations, such as `httpBatchStreamLink`. Calls that may set a cookie do not use
     * it: a streamed answer cannot. These are our own procedures, and those of `keepTokenOf`. @defaultValue `httpBatchLink`
     */
    readonly batchLink?:
      | ((options: HTTPBatchLinkOptions<TRouter['_def']['_config']['$types']>) => TRPCLink<TRouter>)
      | undefined;
  };

/**
 * All the links that an app needs. They store the access token, and send it in the `Authorization` header, never in a
 * URL. Queries and mutations are batched; subscriptions use Server-Sent Events.
 *
 * @throws {TypeError} naming a wrong option
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
  const { at, tokens, keepTokenOf, plugin, batchLink, url } = options;
  if (url === undefined) throw new TypeError('url: expected a text or a URL');
  // It comes first: it checks the options, and waits for the store.
  const session = sessionLink<TRouter>({ at, tokens, keepTokenOf, plugin });

  async function headers({ opList }: { opList: [Operation, ...Operation[]] }): Promise<Headers> {
    const theirs = typeof options.headers === 'function' ? await options.headers({ opList }) : options.headers;
    return joinHeaders(theirs ?? {}, tokenHeaders(tokens, { opList }));
  }

  // React Native has no `EventTarget`, without which this module cannot load: only a subscription needs it.
  async function loadSubscriptionLink(): Promise<TRPCLink<TRouter>> {
    const { EventSource } = await import('eventsource');
    const subscriptions = {
      url: url.toString(),
      transformer: options.transformer,
      ...(options.pathSeparator !== undefined && { pathSeparator: options.pathSeparator }),
      EventSource,
      eventSourceOptions: ({ op }: { op: Operation }) =>
        eventSourceOptions({ fetch: options.fetch, headers: () => headers({ opList: [op] }) }),
    };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- SessionLinksOptions already requires the transformer if the router has one
    return httpSubscriptionLink(subscriptions as SubscriptionLinkOptions);
  }

  const batched = { ...options, headers };
  const plain = httpBatchLink<TRouter>(batched);
  const prefix = prefixOf(at);
  const ours = ['login', 'logout', 'sessions.'].map((name) => `${prefix}${name}`);
  const mayStream = ({ path }: Operation) =>
    !keepTokenOf?.includes(path) && !ours.some((start) => path.startsWith(start));

  return [
    session,
    splitLink<TRouter>({
      condition: (op) => op.type === 'subscription',
      true: lazyLink(loadSubscriptionLink),
      false: batchLink ? splitLink({ condition: mayStream, true: batchLink(batched), false: plain }) : plain,
    }),
  ];
}

type SubscriptionLinkOptions = Parameters<typeof httpSubscriptionLink<AnyTRPCRouter, typeof EventSource>>[0];

import type { HTTPHeaders, Operation } from '@trpc/client';
import { isCookieMark } from '../tokens/cookie-store.ts';
import { noteConnectionToken, noteSentToken } from './sent-token.ts';
import type { TokenStore } from '../tokens/token-store.ts';

/** What tRPC's HTTP links hand to their `headers` function: the calls that one request is made of. */
export type RequestOperations = { readonly op: Operation } | { readonly opList: readonly Operation[] };

/**
 * Makes the `headers` function of an HTTP link of your own: it sends the access token, when there is one, and lets
 * {@link sessionLink} know which one that was.
 *
 * @example
 * ```ts
 * import { sessionHeaders, sessionLink } from '@trpc-sessions/client';
 *
 * const trpc = createTRPCClient<AppRouter>({
 *   links: [sessionLink({ at: 'auth', tokens }), httpBatchStreamLink({ url: '/trpc', headers: sessionHeaders(tokens) })],
 * });
 * ```
 */
export function sessionHeaders(tokens: TokenStore): (request: RequestOperations) => Record<string, string> {
  return (request) => {
    const token = tokens.get();
    for (const op of 'op' in request ? [request.op] : request.opList) noteSentToken(op, token);
    return token === null || isCookieMark(token) ? {} : { authorization: `Bearer ${token}` };
  };
}

/**
 * Makes the `connectionParams` function of `createWSClient`: each new connection starts with the access token of that
 * moment. A connection keeps the one it started with, so open another after signing in or out.
 *
 * @example
 * ```ts
 * import { sessionConnectionParams, sessionLink } from '@trpc-sessions/client';
 *
 * const client = createWSClient({ url: 'wss://example.com', connectionParams: sessionConnectionParams(tokens) });
 * const trpc = createTRPCClient<AppRouter>({ links: [sessionLink({ at: 'auth', tokens }), wsLink({ client })] });
 * ```
 */
export function sessionConnectionParams(tokens: TokenStore): () => Record<string, string> {
  return () => {
    const token = tokens.get();
    noteConnectionToken(tokens, token);
    return token === null || isCookieMark(token) ? {} : { token };
  };
}

/** The headers of the app, whichever way tRPC lets it write them, and those of the session over them. */
export function joinHeaders(theirs: HTTPHeaders, ours: Readonly<Record<string, string>>): Headers {
  const headers = new Headers();
  for (const [name, values] of Symbol.iterator in theirs ? theirs : Object.entries(theirs)) {
    for (const value of Array.isArray(values) ? values : [values]) if (value !== undefined) headers.append(name, value);
  }
  for (const [name, value] of Object.entries(ours)) headers.set(name, value);
  return headers;
}

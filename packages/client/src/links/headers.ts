import type { HTTPHeaders, Operation } from '@trpc/client';
import { isCookieMark } from '../tokens/cookie-store.ts';
import {
  readToken,
  requireTokenStore,
  whenReady,
  type AsyncTokenStore,
  type TokenStore,
} from '../tokens/token-store.ts';
import { noteConnectionToken, noteSentToken } from './sent-token.ts';

/** The argument of a `headers` function of tRPC's HTTP links: the calls of one request. */
export type RequestOperations = { readonly op: Operation } | { readonly opList: readonly Operation[] };

/** With an asynchronous store, it waits for the first read. */
export function sessionHeaders(
  tokens: AsyncTokenStore,
): (request: RequestOperations) => Promise<Record<string, string>>;
/**
 * Makes the `headers` function of an HTTP link. It sends the access token, if there is one, and records it for
 * {@link sessionLink}.
 *
 * @throws {TypeError} `tokens` is no token store
 * @example
 * ```ts
 * import { sessionHeaders, sessionLink } from '@trpc-sessions/client';
 *
 * const trpc = createTRPCClient<AppRouter>({
 *   links: [sessionLink({ at: 'auth', tokens }), httpBatchStreamLink({ url: '/trpc', headers: sessionHeaders(tokens) })],
 * });
 * ```
 */
export function sessionHeaders(tokens: TokenStore): (request: RequestOperations) => Record<string, string>;
export function sessionHeaders(
  tokens: TokenStore,
): (request: RequestOperations) => Record<string, string> | Promise<Record<string, string>> {
  requireTokenStore(tokens);
  return (request) => whenReady(tokens, () => tokenHeaders(tokens, request));
}

/** Returns the headers of one request, and records its token. */
export function tokenHeaders(tokens: TokenStore, request: RequestOperations): Record<string, string> {
  const token = readToken(tokens);
  for (const op of 'op' in request ? [request.op] : request.opList) noteSentToken(op, token);
  return token === null || isCookieMark(token) ? {} : { authorization: `Bearer ${token}` };
}

/** With an asynchronous store, it waits for the first read. */
export function sessionConnectionParams(tokens: AsyncTokenStore): () => Promise<Record<string, string>>;
/**
 * Makes the `connectionParams` function of `createWSClient`. A new connection sends the current access token, and keeps
 * it until it closes: after signing in or out, open another connection.
 *
 * @throws {TypeError} `tokens` is no token store
 * @example
 * ```ts
 * import { sessionConnectionParams, sessionLink } from '@trpc-sessions/client';
 *
 * const client = createWSClient({ url: 'wss://example.com', connectionParams: sessionConnectionParams(tokens) });
 * const trpc = createTRPCClient<AppRouter>({ links: [sessionLink({ at: 'auth', tokens }), wsLink({ client })] });
 * ```
 */
export function sessionConnectionParams(tokens: TokenStore): () => Record<string, string>;
export function sessionConnectionParams(
  tokens: TokenStore,
): () => Record<string, string> | Promise<Record<string, string>> {
  requireTokenStore(tokens);
  function params(): Record<string, string> {
    const token = readToken(tokens);
    noteConnectionToken(tokens, token);
    return connectionParamsOf(token);
  }
  return () => whenReady(tokens, params);
}

/** Returns the connection parameters that carry a token. */
export function connectionParamsOf(token: string | null): Record<string, string> {
  return token === null || isCookieMark(token) ? {} : { token };
}

/** Joins the app's headers, in any form that tRPC takes, with ours. Ours replace the app's. */
export function joinHeaders(theirs: HTTPHeaders, ours: Readonly<Record<string, string>>): Headers {
  const headers = new Headers();
  for (const [name, values] of Symbol.iterator in theirs ? theirs : Object.entries(theirs)) {
    for (const value of Array.isArray(values) ? values : [values]) if (value !== undefined) headers.append(name, value);
  }
  for (const [name, value] of Object.entries(ours)) headers.set(name, value);
  return headers;
}

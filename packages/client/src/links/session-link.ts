import type { TRPCLink } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { tap } from '@trpc/server/observable';
import { dropToken, type TokenStore } from '../tokens/token-store.ts';
import { dropRefusedToken, isKeptByCaller, markOperation, sentToken } from './sent-token.ts';

/** Options of {@link sessionLink}. */
export interface SessionLinkOptions {
  /** Where the sessions router is nested: `'auth'`, `'account.auth'`. @defaultValue merged at the root */
  readonly at?: string | undefined;
  /** The store of the access token. */
  readonly tokens: TokenStore;
}

/**
 * Stores the access token when `login` succeeds. Drops it when `logout` succeeds, or when the server refuses it because
 * its session has ended. Only the refused token is dropped. A network error or a failing server drops none.
 *
 * Put it before the links that send; those take {@link sessionHeaders} or {@link sessionConnectionParams}.
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
        const recorded = sentToken(op, tokens);
        // A link that records no token has most likely sent the one that was held when the call began.
        return recorded === undefined ? held : recorded;
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

function keepToken(tokens: TokenStore, result: unknown): void {
  if (typeof result !== 'object' || result === null || !('token' in result)) return;
  if (typeof result.token === 'string') tokens.set(result.token);
}

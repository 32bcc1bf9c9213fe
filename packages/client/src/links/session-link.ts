import type { TRPCClientError, TRPCLink } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { observable } from '@trpc/server/observable';
import { endsSession, isOfPlugin, sessionErrorReason } from '../errors.ts';
import { requireOptions } from '../options.ts';
import {
  dropSignedOut,
  isAsync,
  readToken,
  requireTokenStore,
  untilReady,
  type TokenStore,
} from '../tokens/token-store.ts';
import { keepMark } from '../tokens/device-mark.ts';
import { withDeviceMark } from './device-mark.ts';
import { lazyLink } from './lazy-link.ts';
import { dropRefusedToken, isKeptByCaller, markOperation, sentToken } from './sent-token.ts';
import { notePrefix } from './sessions-path.ts';

/** Options of {@link sessionLink}. */
export interface SessionLinkOptions {
  /** Where the sessions router is nested: `'auth'`, `'account.auth'`. @defaultValue merged at the root */
  readonly at?: string | undefined;
  /** The store of the access token. */
  readonly tokens: TokenStore;
  /**
   * Procedures of the app, named from its root, that return `{ token }` as `login` does: `['signUp', 'passkeys.verify']`.
   * Their tokens are kept too.
   */
  readonly keepTokenOf?: readonly string[] | undefined;
  /**
   * The `contextKey` of the server's plugin, where the app has two: the refusals of the other drop no token of this store.
   * @defaultValue the app has one plugin
   */
  readonly plugin?: string | undefined;
}

/**
 * Stores the access token, and the mark of the device, when `login`, or a procedure of `keepTokenOf`, succeeds. Drops it when `logout` succeeds, or when the server refuses it because
 * its session has ended. Only the refused token is dropped. A network error or a failing server drops none.
 *
 * Put it before the links that send; those take {@link sessionHeaders} or {@link sessionConnectionParams}.
 *
 * @throws {TypeError} naming a wrong option
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
  requireOptions(options, ['at', 'tokens', 'keepTokenOf', 'plugin']);
  const { at, tokens, keepTokenOf = [], plugin } = options;
  requireTokenStore(tokens);
  if (plugin !== undefined && (typeof plugin !== 'string' || plugin === '')) {
    throw new TypeError("plugin: expected the contextKey of the server's plugin");
  }
  const prefix = prefixOf(at);
  const login = `${prefix}login`;
  const keepers = new Set([login, ...pathsOf(keepTokenOf)]);
  const logout = `${prefix}logout`;
  notePrefix(tokens, prefix);

  const link: TRPCLink<TRouter> = () => {
    const refusals = createRefusals<TRPCClientError<TRouter>>();
    return ({ op: unmarked, next }) =>
      observable((observer) => {
        const op = markOperation(unmarked);
        const held = readToken(tokens);
        const sent = () => {
          const recorded = sentToken(op, tokens);
          // A link that records no token has most likely sent the one that was held when the call began.
          return recorded === undefined ? held : recorded;
        };
        return withDeviceMark(op, op.path === login ? tokens : undefined, next).subscribe({
          next(value) {
            if ('data' in value.result) {
              if (keepers.has(op.path)) {
                keepMark(tokens, value.result.data);
                if (!isKeptByCaller(op)) keepToken(tokens, value.result.data);
              }
              if (op.path === logout) dropSignedOut(tokens, sent());
            }
            observer.next(value);
          },
          error(error) {
            if (!isOfPlugin(error, plugin)) return observer.error(error);
            dropRefusedToken(tokens, sent(), error);
            observer.error(refusals.first(op.id, error));
          },
          complete: () => observer.complete(),
        });
      });
  };
  if (!isAsync(tokens)) return link;
  return lazyLink(async () => {
    await untilReady(tokens);
    return link;
  });
}

/** The names of nested routers, and of a procedure. */
const path = /^[^\s./]+(?:\.[^\s./]+)*$/;

/** A wrong `at` would match no `login`, so that no token would be kept. */
export function prefixOf(at: unknown): string {
  if (at === undefined || at === '') return '';
  if (typeof at === 'string' && path.test(at)) return `${at}.`;
  const given = typeof at === 'string' ? JSON.stringify(at) : `a value of type ${typeof at}`;
  throw new TypeError(`at: expected the place of the sessions router, such as 'auth' or 'account.auth', not ${given}`);
}

function pathsOf(keepTokenOf: unknown): readonly string[] {
  const isPath = (value: unknown) => typeof value === 'string' && path.test(value);
  if (Array.isArray(keepTokenOf) && keepTokenOf.every(isPath)) return keepTokenOf;
  throw new TypeError("keepTokenOf: expected a list of procedures, such as ['signUp', 'passkeys.verify']");
}

function keepToken(tokens: TokenStore, result: unknown): void {
  if (typeof result !== 'object' || result === null || !('token' in result)) return;
  if (typeof result.token === 'string') tokens.set(result.token);
}

/** More calls are not refused and retried at the same time. */
const maxRefusals = 100;

/** Remembers why calls were refused. A link before ours may retry such a call, which then has no token to send. */
function createRefusals<TError extends Error>(): { first: (callId: number, error: TError) => TError } {
  const refusals = new Map<number, TError>();
  return {
    /** Returns the refusal that ended the session of this call, if `error` only says that a retry had no token. */
    first(callId, error) {
      const reason = sessionErrorReason(error);
      if (endsSession(reason)) {
        const [oldest] = refusals.keys();
        if (oldest !== undefined && refusals.size === maxRefusals) refusals.delete(oldest);
        refusals.set(callId, error);
      }
      return (reason === 'missing_token' ? refusals.get(callId) : undefined) ?? error;
    },
  };
}

import type { TRPCClientError, TRPCLink } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { observable, type Unsubscribable } from '@trpc/server/observable';
import { endsSession, isOfPlugin, sessionErrorReason } from '../errors.ts';
import { requireOptions } from '../options.ts';
import {
  dropSignedOut,
  isAsync,
  readToken,
  requireTokenStore,
  stateOf,
  untilReady,
  type TokenStore,
} from '../tokens/token-store.ts';
import { keepMark, readMark, withMark } from '../tokens/device-mark.ts';
import { dropRefusedToken, isKeptByCaller, markOperation, sentToken } from './sent-token.ts';

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
  if (plugin !== undefined && !isPath(plugin)) throw new TypeError('plugin: expected a contextKey');
  const prefix = prefixOf(at);
  const login = `${prefix}login`;
  const keepers = new Set([login, ...pathsOf(keepTokenOf)]);
  const logout = `${prefix}logout`;
  stateOf(tokens).prefix = prefix;

  return () => {
    const firstRefusal = createRefusals<TRPCClientError<TRouter>>();
    return ({ op: unmarked, next }) =>
      observable((observer) => {
        const op = markOperation(unmarked);
        let subscription: Unsubscribable | undefined;
        let isStopped = false;

        function begin(): void {
          if (tokens.mark && op.path === login) void readMark(tokens.mark).then(send);
          else send(null);
        }

        function send(mark: string | null): void {
          if (isStopped) return;
          const held = readToken(tokens);
          // A link that records no token has most likely sent the one that is held when the call begins.
          const sent = () => sentToken(op, tokens, held);
          subscription = next({ ...op, input: withMark(op.input, mark) }).subscribe({
            next(value) {
              if ('data' in value.result) {
                if (keepers.has(op.path)) {
                  void keepMark(tokens.mark, value.result.data);
                  if (!isKeptByCaller(op)) keepToken(tokens, value.result.data);
                }
                if (op.path === logout) dropSignedOut(tokens, sent());
              }
              observer.next(value);
            },
            error(error) {
              if (!isOfPlugin(error, plugin)) return observer.error(error);
              dropRefusedToken(tokens, sent(), error);
              observer.error(firstRefusal(op.id, error));
            },
            complete: () => observer.complete(),
          });
        }

        if (isAsync(tokens)) void untilReady(tokens).then(begin);
        else begin();
        return () => {
          isStopped = true;
          subscription?.unsubscribe();
        };
      });
  };
}

/** The names of nested routers, and of a procedure. */
const path = /^[^\s./]+(?:\.[^\s./]+)*$/;

const isPath = (value: unknown): value is string => typeof value === 'string' && path.test(value);

/** A wrong `at` would match no `login`, so that no token would be kept. */
export function prefixOf(at: unknown): string {
  if (at === undefined || at === '') return '';
  if (isPath(at)) return `${at}.`;
  throw new TypeError("at: expected a path such as 'account.auth'");
}

function pathsOf(keepTokenOf: unknown): readonly string[] {
  if (Array.isArray(keepTokenOf) && keepTokenOf.every(isPath)) return keepTokenOf;
  throw new TypeError("keepTokenOf: expected a list such as ['auth.signUp']");
}

function keepToken(tokens: TokenStore, result: unknown): void {
  const token: unknown = Reflect.get(Object(result), 'token');
  if (typeof token === 'string') tokens.set(token);
}

/** More calls are not refused and retried at the same time. */
const maxRefusals = 100;

/**
 * Remembers why calls were refused. A link before ours may retry such a call, which then has no token to send. Returns a function
 * that returns the refusal that ended the session of a call, if its error only says that a retry had no token.
 */
function createRefusals<TError extends Error>(): (callId: number, error: TError) => TError {
  const refusals = new Map<number, TError>();
  return (callId, error) => {
    const reason = sessionErrorReason(error);
    if (endsSession(reason)) refusals.set(callId, error);
    // The oldest.
    for (const id of refusals.keys()) if (refusals.size > maxRefusals) refusals.delete(id);
    return (reason === 'missing_token' && refusals.get(callId)) || error;
  };
}

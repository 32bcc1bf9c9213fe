import type { TRPCClientError, TRPCLink } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { observable, type Unsubscribable } from '@trpc/server/observable';
import { isEnding } from '../errors.ts';
import { requireOptions } from '../options.ts';
import { property } from '../property.ts';
import {
  dropSignedOut,
  readToken,
  requireTokenStore,
  stateOf,
  whenReady,
  type TokenStore,
} from '../tokens/token-store.ts';
import { keepMark, withMark } from '../tokens/device-mark.ts';
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
 * Stores the access token, and the mark of the device, when `login` or a procedure of `keepTokenOf` succeeds. Drops the token
 * when `logout` succeeds, or when the server refuses it because its session has ended. Only the refused token is dropped. A
 * network error or a failing server drops none.
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
  requirePaths('plugin', plugin === undefined ? [] : [plugin], 'a contextKey');
  requirePaths('keepTokenOf', keepTokenOf, "a list of paths such as 'account.auth'");
  const prefix = prefixOf(at);
  const login = `${prefix}login`;
  const keepers = new Set([login, ...keepTokenOf]);
  const logout = `${prefix}logout`;
  stateOf(tokens).prefix = prefix;

  return () => {
    /** A link before ours may retry a refused call, which then has no token to send: its first refusal says more. */
    const refusals = new Map<number, TRPCClientError<TRouter>>();
    return ({ op: unmarked, next }) =>
      observable((observer) => {
        const op = markOperation(unmarked);
        let subscription: Unsubscribable | undefined;
        let isStopped = false;

        function send(input: unknown): void {
          if (isStopped) return;
          const held = readToken(tokens);
          // A link that records no token has most likely sent the one that is held when the call begins.
          const sent = () => sentToken(op, tokens, held);
          subscription = next({ ...op, input }).subscribe({
            ...observer,
            next(value) {
              if (keepers.has(op.path)) {
                const data = property(value.result, 'data');
                const token = property(data, 'token');
                void keepMark(data, tokens.mark);
                if (typeof token === 'string' && !isKeptByCaller(op)) tokens.set(token);
              }
              if (op.path === logout) dropSignedOut(tokens, sent());
              observer.next(value);
            },
            error(error) {
              const reason = dropRefusedToken(tokens, sent(), error, plugin);
              if (isEnding(reason)) refusals.set(op.id, error);
              if (refusals.size > maxRefusals) refusals.clear();
              observer.error((reason === 'missing_token' && refusals.get(op.id)) || error);
            },
          });
        }

        void whenReady(tokens, () => {
          if (op.path === login) void withMark(op.input, tokens.mark).then(send);
          else send(op.input);
        });
        return () => {
          isStopped = true;
          subscription?.unsubscribe();
        };
      });
  };
}

/** The names of nested routers, and of a procedure. */
const path = /^[^\s./]+(?:\.[^\s./]+)*$/;

function requirePaths(option: string, paths: readonly unknown[], expected: string): void {
  if (!Array.isArray(paths) || !paths.every((each) => typeof each === 'string' && path.test(each)))
    throw new TypeError(`${option}: expected ${expected}`);
}

/** A wrong `at` would match no `login`, so that no token would be kept. */
export function prefixOf(at = ''): string {
  if (at === '') return '';
  requirePaths('at', [at], "a path such as 'account.auth'");
  return `${at}.`;
}

/** With more refusals than this, all are dropped. That many calls are never retried at the same time. */
const maxRefusals = 100;

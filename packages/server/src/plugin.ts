import type { SessionManager } from '@trpc-sessions/core';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { createAuthenticated, createVerifier, type AuthenticatedProcedure } from './authenticated/authenticated.ts';
import type { PasswordCredentials } from './procedures/inputs.ts';
import { createRouter, type Authenticate, type SessionsRouter } from './procedures/router.ts';
import type { Locate } from './procedures/session-info.ts';

/** What {@link createSessionsPlugin} takes. */
export interface SessionsPluginOptions<TSchema extends StandardSchemaV1, TClaims> {
  readonly manager: SessionManager;
  /**
   * Checks credentials: the user, or `null`. Let an unknown user cost the same time as a wrong password: see `verifyPassword`
   * of `@trpc-sessions/core/password`. It may throw a `SessionError`, such as `too_many_attempts`.
   */
  readonly authenticate: Authenticate<StandardSchemaV1.InferOutput<TSchema>, TClaims>;
  /** The login form, as a Standard Schema (Zod, Valibot, ArkType, …). @defaultValue `{ username, password }` */
  readonly credentials?: TSchema | undefined;
  /** Tells where an IP address is, for `location`. @defaultValue `location` is `null` */
  readonly locate?: Locate | undefined;
}

/** What an app merges and concatenates. */
export interface SessionsPlugin<TSchema extends StandardSchemaV1, TClaims> {
  /** `login`, `logout` and `sessions.*`, to merge (`t.mergeRouters`) or to nest (`t.router({ auth: sessions.router })`). */
  readonly router: SessionsRouter<StandardSchemaV1.InferInput<TSchema>>;
  /** For `.concat()`: adds `ctx.session`, `ctx.claims` and `ctx.userId`, or refuses. */
  readonly authenticated: AuthenticatedProcedure<TClaims>;
}

/**
 * Makes the tRPC plugin of a session manager, for any app: whatever its transformer, error formatter, context and middlewares.
 *
 * @throws {TypeError} an option is wrong: the message names it
 *
 * @example
 * ```ts
 * import { createSessionsPlugin, type SessionsContext } from '@trpc-sessions/server';
 *
 * const sessions = createSessionsPlugin({ manager, authenticate: ({ username, password }) => findUser(username, password) });
 *
 * const t = initTRPC.context<SessionsContext>().create();
 * const protectedProcedure = t.procedure.concat(sessions.authenticated);
 * const appRouter = t.router({ auth: sessions.router, me: protectedProcedure.query(({ ctx }) => ctx.userId) });
 * ```
 */
export function createSessionsPlugin<
  TSchema extends StandardSchemaV1 = StandardSchemaV1<PasswordCredentials>,
  TClaims = unknown,
>(options: SessionsPluginOptions<TSchema, TClaims>): SessionsPlugin<TSchema, TClaims> {
  const { manager, authenticate, credentials, locate } = options;
  if (typeof manager?.verify !== 'function') throw new TypeError('manager: pass what createSessionManager returned');
  if (typeof authenticate !== 'function') {
    throw new TypeError('authenticate: pass a function that checks credentials and returns { id } or null');
  }
  if (credentials !== undefined && typeof credentials['~standard']?.validate !== 'function') {
    throw new TypeError('credentials: expected a Standard Schema, such as one of Zod, Valibot or ArkType');
  }
  if (locate !== undefined && typeof locate !== 'function') {
    throw new TypeError('locate: expected a function that takes an IP address and returns a text or null');
  }
  const verifier = createVerifier(manager);
  const authenticated = createAuthenticated<TClaims>(verifier);
  return {
    router: createRouter({ manager, authenticate, credentials, locate, verifier, authenticated }),
    authenticated,
  };
}

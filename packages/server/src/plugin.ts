import type { StandardSchemaV1 } from '@standard-schema/spec';
import { parseTimeout, type CallerInfo, type Duration, type SessionManager } from '@trpc-sessions/core';
import { initTRPC } from '@trpc/server';
import { createRequireAccount, type FindAccount } from './authenticated/account.ts';
import {
  createAuthenticated,
  type AuthenticatedProcedure,
  type OptionalProcedure,
} from './authenticated/authenticated.ts';
import { createErrorHandler } from './authenticated/error-handler.ts';
import { createVerifier } from './authenticated/verifier.ts';
import { createErrorFormatter, type AppErrorFormatter } from './errors.ts';
import { createLocator, type Locate } from './locate/locate.ts';
import { checkOptions } from './options.ts';
import type { IsAdmin } from './procedures/admin.ts';
import type { Authenticate, PasswordCredentials } from './procedures/login.ts';
import { createSignIn, createSignInSteps, type SignIn } from './procedures/sign-in.ts';
import { createReissue, type Reissue } from './procedures/reissue.ts';
import { createSignOut, type SignOut } from './procedures/sign-out.ts';
import type { Captcha } from './captcha/captcha.ts';
import { createSessionLists } from './live/session-lists.ts';
import { createThrottle } from './sign-in/throttle.ts';
import type { ThrottleOptions } from './sign-in/throttle-options.ts';
import { createUnblock, type Unblock } from './sign-in/unblock.ts';
import { createThrottleSignIn, type ThrottleSignIn } from './sign-in/throttle-sign-in.ts';
import { createRouter, type SessionsRouter } from './procedures/router.ts';
import { createContextPlace, ownPlaceOf } from './authenticated/context-place.ts';
import { requireTRPC11 } from './trpc/procedure-errors.ts';

/** The options of {@link createSessionsPlugin}. */
export interface SessionsPluginOptions<
  TSchema extends StandardSchemaV1,
  TClaims,
  TAccount = undefined,
  TKey extends string | undefined = undefined,
  TAdmin extends boolean | undefined = undefined,
> {
  readonly manager: SessionManager;
  /**
   * Checks credentials: returns the user, or `null`. An unknown user should take as long as a wrong password: see
   * `verifyPassword` of `@trpc-sessions/core/password`. It may throw a `SessionError`, such as `too_many_attempts`.
   */
  readonly authenticate: Authenticate<StandardSchemaV1.InferOutput<TSchema>, TClaims>;
  /**
   * Finds your own user of a session, for `ctx.account`; `null` if the user is disabled or deleted, who is then refused with
   * `account_unavailable`. It is called once an HTTP request, and for each call over a WebSocket. Open streams ask at each
   * look-up, and when `manager.recheckAccount` is called. `logout` does not ask.
   * @defaultValue no `ctx.account`
   */
  readonly account?: FindAccount<TAccount, TClaims> | undefined;
  /**
   * Answers whether a caller is staff: adds `sessions.admin.*` to the router, which lists and revokes the sessions of all users.
   * @defaultValue the router has no such procedures
   */
  readonly admin?: IsAdmin<TClaims, TAccount, TAdmin> | undefined;
  /**
   * The name of the property that holds all that the plugin adds to the context, `ctx.auth.session` instead of `ctx.session`. Two plugins in one
   * app have one each. @defaultValue at the top of the context
   */
  readonly contextKey?: TKey | undefined;
  /** The login form, as a Standard Schema (Zod, Valibot, ArkType, …). @defaultValue `{ username, password }` */
  readonly credentials?: TSchema | undefined;
  /**
   * Finds the place of an IP address, for `location`: `country()`, `maxmind(reader)` or a function of yours.
   * @defaultValue `location` is `null`
   */
  readonly locate?: Locate | undefined;
  /**
   * The `errorFormatter` of your `initTRPC.create`: it then formats refusals, too. tRPC itself calls it for all errors but
   * these.
   */
  readonly errorFormatter?: AppErrorFormatter | undefined;
  /** How long an answer waits for `locate`; after that, `location` is `null`. @defaultValue `'1s'` */
  readonly locateTimeout?: Duration | undefined;
  /**
   * How many streams and sockets may be open on one session: the next is refused with `TOO_MANY_REQUESTS`.
   * @defaultValue 2000
   */
  readonly maxStreamsPerSession?: number | undefined;
  /**
   * Verifies the solution of a captcha, which `login` takes beside the credentials: `altcha(…)`, `turnstile(…)`, or a function. For a
   * device that is not known, a solution ends the wait of its account and its network. @defaultValue none
   */
  readonly captcha?: Captcha | undefined;
  /** After how many failures of an account, or three times as many of a network, a captcha is asked for. 0 asks always. @defaultValue 3 */
  readonly captchaAfter?: number | undefined;
  /**
   * How attempts to sign in are limited: 10 wrong guesses on an account and 30 from a network, then waits that grow to a minute.
   * `false` for no limits. @defaultValue on
   */
  readonly throttle?: ThrottleOptions<StandardSchemaV1.InferOutput<TSchema>> | false | undefined;
}

/** The parts that an app merges and concatenates. */
export interface SessionsPlugin<
  TSchema extends StandardSchemaV1,
  TClaims,
  TAccount = undefined,
  TKey extends string | undefined = undefined,
  TAdmin extends boolean | undefined = undefined,
> {
  /** `login`, `logout` and `sessions.*`, to merge (`t.mergeRouters`) or to nest (`t.router({ auth: sessions.router })`). */
  readonly router: SessionsRouter<StandardSchemaV1.InferInput<TSchema>, TClaims, TAdmin>;
  /** For `.concat()`: adds `ctx.session`, `ctx.claims`, `ctx.userId` and `ctx.account`, or refuses. */
  readonly authenticated: AuthenticatedProcedure<TClaims, TAccount, TKey>;
  /** For `.concat()`: adds the same, or `null` for each if the caller is not signed in. */
  readonly optional: OptionalProcedure<TClaims, TAccount, TKey>;
  /** Signs in a user whom the app has authenticated in its own way, from any procedure or route. */
  readonly signIn: SignIn<TKey>;
  /** Signs the caller out, from any procedure or route. */
  readonly signOut: SignOut<TKey>;
  /** Signs a new token for the caller's session, with other claims, from any procedure or route. */
  readonly reissue: Reissue<TKey>;
  /** Limits the attempts to sign in of a procedure or a route of the app's own. `login` does so by itself. */
  readonly throttle: ThrottleSignIn<TKey>;
  /** Drops the attempts on an account, so that its user need not wait. */
  readonly unblock: Unblock;
}

/**
 * Makes the tRPC plugin of a session manager, for an app with any transformer, context and middlewares.
 *
 * @throws {TypeError} an option is wrong or unknown: the message names it
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
  TAccount = undefined,
  const TKey extends string | undefined = undefined,
  TAdmin extends boolean | undefined = undefined,
>(
  options: SessionsPluginOptions<TSchema, TClaims, TAccount, TKey, TAdmin>,
): SessionsPlugin<TSchema, TClaims, TAccount, TKey, TAdmin> {
  requireTRPC11(initTRPC);
  checkOptions(options);
  const { manager, authenticate, credentials, locate, locateTimeout = '1s', maxStreamsPerSession = 2000 } = options;
  const formatError = createErrorFormatter(options.errorFormatter, options.contextKey);
  const errorHandler = createErrorHandler(formatError);
  const locator = createLocator(locate, parseTimeout('locateTimeout', locateTimeout));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the claims are typed by the app that signs them
  const requireAccount = options.account && createRequireAccount(options.account as FindAccount<unknown>);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- and so are the claims and the account of staff
  const isAdmin = options.admin as IsAdmin<unknown, unknown, unknown> | undefined;
  const verifier = createVerifier(manager, maxStreamsPerSession, requireAccount);
  const place = createContextPlace(options.contextKey);
  const own = { verifier, errorHandler, place: ownPlaceOf(place) };
  const unseen = { ...verifier, verify: (caller: CallerInfo) => verifier.verifyUnseen(caller) };
  const { callerOf } = place;
  const guard = manager.guardSignIns({ store: options.throttle === false ? 'memory' : options.throttle?.store });
  const throttle = createThrottle(guard, options.throttle, {
    captcha: options.captcha,
    captchaAfter: options.captchaAfter ?? 3,
  });
  const signInSteps = createSignInSteps({ manager, verifier, locator, throttle });
  return {
    router: createRouter<TSchema, TClaims, TAdmin>({
      manager,
      authenticate,
      credentials,
      locator,
      formatError,
      verifier,
      callerOf,
      authenticated: createAuthenticated({ ...own, requireAccount }).authenticated,
      unseen: createAuthenticated({ ...own, verifier: unseen, requireAccount }).authenticated,
      lists: createSessionLists(manager),
      withoutAccount: createAuthenticated({ ...own, requireAccount: undefined }).authenticated,
      signInSteps,
      throttle,
      isAdmin,
      captcha: options.captcha,
    }),
    ...createAuthenticated<TClaims, TAccount, TKey>({ verifier, requireAccount, errorHandler, place }),
    signIn: createSignIn(manager, callerOf, signInSteps, throttle),
    signOut: createSignOut({ manager, verifier, callerOf }),
    reissue: createReissue({ manager, verifier, callerOf, locator, signInSteps }),
    throttle: createThrottleSignIn(callerOf, throttle),
    unblock: createUnblock(guard),
  };
}

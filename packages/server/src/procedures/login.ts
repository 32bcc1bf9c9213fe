import {
  SessionError,
  type CallerInfo,
  type DeviceInput,
  type ReplacedSession,
  type SessionManager,
} from '@trpc-sessions/core';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { initTRPC, TRPCError, type TRPCMutationProcedure } from '@trpc/server';
import { requireCaller } from '../authenticated/authenticated.ts';
import type { Verifier } from '../authenticated/verifier.ts';
import { fromApp, withRefusal, type SessionErrorFormatter } from '../errors.ts';
import type { Locator } from '../locate/locate.ts';
import { connectionOf } from '../request/connection.ts';
import type { SessionsContext } from '../request/context.ts';
import { withInputError } from './inputs.ts';
import { loginInput } from './login-input.ts';
import { createLoginLimit } from './login-limit.ts';
import type { SessionsProcedure } from './procedure.ts';
import { sessionInfoOf, type SessionInfo } from './session-info.ts';
import { signInSince } from './sign-in-since.ts';

/** The credentials of `login`, unless the app has a form of its own. */
export interface PasswordCredentials {
  readonly username: string;
  readonly password: string;
}

/** A user whose credentials are right. */
export interface AuthenticatedUser<TClaims> {
  readonly id: string;
  /** Signed into the token, for every request to read without the database. Anyone who holds the token can read it. */
  readonly claims?: TClaims | undefined;
}

/** The second argument of {@link Authenticate}. */
export interface AuthenticateOptions {
  readonly caller: CallerInfo;
  /** Aborted when the caller has gone: its login ends there, and writes no session. */
  readonly signal: AbortSignal;
}

/** Checks credentials: the user, or `null` when they are not right, for whatever reason. */
export type Authenticate<TCredentials, TClaims> = (
  credentials: TCredentials,
  opts: AuthenticateOptions,
) => AuthenticatedUser<TClaims> | null | undefined | Promise<AuthenticatedUser<TClaims> | null | undefined>;

/** The input of `login`: the credentials, and how the client describes its device. */
export type LoginInput<TCredentials> = TCredentials & { device?: DeviceInput | undefined };

/** The output of `login`. */
export interface LoginResult {
  /** The access token. It is returned this once, and stored nowhere. */
  readonly token: string;
  readonly session: SessionInfo;
}

/** The parts that {@link createLogin} is made of. */
export interface LoginParts<TSchema extends StandardSchemaV1, TClaims> {
  readonly manager: SessionManager;
  readonly verifier: Verifier;
  readonly credentials: TSchema | undefined;
  readonly authenticate: Authenticate<StandardSchemaV1.InferOutput<TSchema>, TClaims>;
  readonly locator: Locator;
  readonly formatError: SessionErrorFormatter;
}

/** The type of `login`. */
export type LoginProcedure<TCredentials> = TRPCMutationProcedure<
  SessionsProcedure<LoginInput<TCredentials>, LoginResult>
>;

export function createLogin<TSchema extends StandardSchemaV1, TClaims>({
  manager,
  verifier,
  credentials: schema,
  authenticate,
  locator,
  formatError,
}: LoginParts<TSchema, TClaims>): LoginProcedure<StandardSchemaV1.InferInput<TSchema>> {
  const t = initTRPC.context<SessionsContext>().create();
  const beginLogin = createLoginLimit();

  const login = t.procedure
    .errors(formatError)
    .use(async ({ ctx, next }) => {
      const caller = requireCaller(ctx);
      const endLogin = beginLogin(caller);
      try {
        return withRefusal(withInputError(await next({ ctx: { caller } })));
      } finally {
        endLogin();
      }
    })
    .input(loginInput(schema))
    .mutation(async ({ ctx: { caller }, input: { credentials, device }, signal: ofCall }): Promise<LoginResult> => {
      const connection = connectionOf(caller);
      const problem = connection?.cookie?.problem() ?? null;
      if (problem !== null) throw new TRPCError({ code: 'FORBIDDEN', message: problem });
      const signal = AbortSignal.any([ofCall, connection?.signal].filter((each) => each !== undefined));
      const authenticateNow = async () => {
        const user = await fromApp(async () => {
          const found = await authenticate(credentials, { caller, signal });
          return found && { id: found.id, claims: { ...found.claims } };
        });
        if (user === null || user === undefined) throw new SessionError('invalid_credentials');
        if (signal.aborted) throw new TRPCError({ code: 'CLIENT_CLOSED_REQUEST', message: 'The caller has gone.' });
        return user;
      };
      const { token, session } = await signInSince(manager, authenticateNow, ({ id: userId, claims }, since) =>
        manager.issue({ userId, claims, caller, device }, { since, replaces: replacedBy(caller) }),
      );
      verifier.invalidate(caller);
      connection?.cookie?.set(token, session);
      connection?.preventCaching();
      return { token, session: await sessionInfoOf(session, session.id, locator) };
    });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only the app's schema knows the input
  return login as unknown as LoginProcedure<StandardSchemaV1.InferInput<TSchema>>;
}

/** The session that a sign-in replaces. The browser forgets that of its cookie, whoever's it is. */
function replacedBy(caller: CallerInfo): ReplacedSession | undefined {
  const ofCookie = connectionOf(caller)?.cookie?.token ?? null;
  if (ofCookie !== null) return { token: ofCookie, ofAnyUser: true };
  return caller.token === null ? undefined : { token: caller.token };
}

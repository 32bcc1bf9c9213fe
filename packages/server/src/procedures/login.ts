import { SessionError, type CallerInfo, type DeviceInput, type SessionManager } from '@trpc-sessions/core';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { initTRPC, TRPCError, type TRPCMutationProcedure } from '@trpc/server';
import { fromApp, fromManager, refusal, withRefusal, type SessionErrorFormatter } from '../errors.ts';
import { connectionOf } from '../request/connection.ts';
import type { ContextPlace } from '../authenticated/context-place.ts';
import type { SessionsContext } from '../request/context.ts';
import { withErrors } from '../trpc/procedure-errors.ts';
import { withInputError } from './inputs.ts';
import { loginInput } from './login-input.ts';
import { createLoginLimit } from './login-limit.ts';
import { withAttempt } from '../sign-in/with-attempt.ts';
import type { Throttle } from '../sign-in/throttle.ts';
import type { SessionsProcedure } from './procedure.ts';
import type { SignInResult, SignInSteps, SignInUser } from './sign-in.ts';
import { signInSince } from './sign-in-since.ts';

/** The credentials of `login`, unless the app has a form of its own. */
export interface PasswordCredentials {
  readonly username: string;
  readonly password: string;
}

/** A user whose credentials are right. */
export interface AuthenticatedUser<TClaims> extends SignInUser<TClaims> {}

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
export type LoginInput<TCredentials> = TCredentials & {
  device?: DeviceInput | undefined;
  /** The `deviceMark` of an earlier sign-in on this device: others who guess the password do not lock it out. */
  deviceMark?: string | undefined;
  /** The solution of a captcha, for a plugin that has the option `captcha`. */
  captcha?: string | undefined;
};

/** The output of `login`. */
export interface LoginResult<TClaims = unknown> extends SignInResult<TClaims> {}

/** The parts that {@link createLogin} is made of. */
export interface LoginParts<TSchema extends StandardSchemaV1, TClaims> {
  readonly manager: SessionManager;
  readonly signInSteps: SignInSteps;
  readonly credentials: TSchema | undefined;
  readonly authenticate: Authenticate<StandardSchemaV1.InferOutput<TSchema>, TClaims>;
  readonly formatError: SessionErrorFormatter;
  readonly callerOf: ContextPlace['callerOf'];
  readonly throttle: Throttle<StandardSchemaV1.InferOutput<TSchema>>;
}

/** The type of `login`. */
export type LoginProcedure<TCredentials, TClaims = unknown> = TRPCMutationProcedure<
  SessionsProcedure<LoginInput<TCredentials>, LoginResult<TClaims>>
>;

/** Only of an object: a copy of a text or a list would look like claims. */
function copyOf<TClaims>(claims: TClaims): TClaims {
  return typeof claims === 'object' && claims !== null && !Array.isArray(claims) ? { ...claims } : claims;
}

export function createLogin<TSchema extends StandardSchemaV1, TClaims>({
  manager,
  signInSteps,
  credentials: schema,
  authenticate,
  formatError,
  callerOf,
  throttle,
}: LoginParts<TSchema, TClaims>): LoginProcedure<StandardSchemaV1.InferInput<TSchema>, TClaims> {
  const t = initTRPC.context<SessionsContext>().create();
  const beginLogin = createLoginLimit();

  const login = withErrors(t.procedure, formatError)
    .use(async ({ ctx, next }) => {
      const caller = callerOf(ctx);
      const endLogin = beginLogin(caller);
      try {
        return withRefusal(withInputError(await next({ ctx: { caller } })));
      } finally {
        endLogin();
      }
    })
    .input(loginInput(schema))
    .mutation(async ({ ctx: { caller }, input: { credentials, device, deviceMark, captcha }, signal: ofCall }) => {
      signInSteps.requireCookie(caller);
      const signal = AbortSignal.any([ofCall, connectionOf(caller)?.signal].filter((each) => each !== undefined));
      const authenticateNow = async (): Promise<SignInUser<TClaims>> => {
        const user = await fromApp(async () => {
          const found = await authenticate(credentials, { caller, signal });
          // Read here: a getter of the app's may throw.
          return found && { ...found, claims: copyOf(found.claims) };
        });
        if (user === null || user === undefined) throw refusal(new SessionError('invalid_credentials'));
        if (signal.aborted) throw new TRPCError({ code: 'CLIENT_CLOSED_REQUEST', message: 'The caller has gone.' });
        return user;
      };
      const account = await throttle.accountOf(credentials);
      const attempt = await fromManager(throttle.begin(caller, account, { deviceMark, captcha }));
      const { user, issued } = await withAttempt(attempt, () =>
        signInSince(manager, authenticateNow, (found, since) =>
          signInSteps.issue(caller, found, { device, since, account, known: attempt.known }),
        ),
      );
      return signInSteps.finish(caller, user, issued);
    });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only the app's schema knows the input
  return login as unknown as LoginProcedure<StandardSchemaV1.InferInput<TSchema>, TClaims>;
}

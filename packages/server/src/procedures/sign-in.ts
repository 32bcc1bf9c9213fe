import type {
  CallerInfo,
  DeviceInput,
  Duration,
  IssuedSession,
  KnownDevice,
  NewMark,
  ReplacedSession,
  SessionManager,
} from '@trpc-sessions/core';
import { TRPCError } from '@trpc/server';
import type { Verifier } from '../authenticated/verifier.ts';
import { fromManager } from '../errors.ts';
import type { Locator } from '../locate/locate.ts';
import type { Throttle } from '../sign-in/throttle.ts';
import { connectionOf } from '../request/connection.ts';
import type { ContextOf, ContextPlace } from '../authenticated/context-place.ts';
import { sessionInfoOf, type SessionInfo } from './session-info.ts';

/** A user who signs in. */
export interface SignInUser<TClaims> {
  readonly id: string;
  /** Signed into the token, for every request to read without the database. Anyone who holds the token can read it. */
  readonly claims?: TClaims | undefined;
  /** How long this session lasts, such as `'12h'` without "remember me". @defaultValue the manager's `lifetime` */
  readonly lifetime?: Duration | undefined;
  /** Whether the cookie outlives the browser's session. @defaultValue the context's `cookie.persistent` */
  readonly persistent?: boolean | undefined;
  /**
   * Your own data, kept on the session and not in the token. It is JSON of up to 4,096 bytes. @defaultValue that of the same user's session
   * that the new one replaces, or none
   */
  readonly data?: unknown;
}

/** How a user signs in. */
export interface SignInOptions {
  /** The device as the client describes it. */
  readonly device?: DeviceInput | undefined;
  /**
   * The text that the manager's `signInMark` gave when the sign-in began, before a redirect. @defaultValue it begins with
   * the call
   */
  readonly since?: string | undefined;
  /** Whether the new session replaces the one that the request came with. @defaultValue `true` */
  readonly replace?: boolean | undefined;
  /**
   * The name of the account that the device mark of this sign-in is for, as the user types it for `login`. The user must have
   * proved to own it. @defaultValue the id of the user
   */
  readonly account?: string | undefined;
}

/** A user who has signed in. */
export interface SignInResult<TClaims = unknown> {
  /** The access token. It is returned this once, and stored nowhere. */
  readonly token: string;
  readonly session: SessionInfo;
  readonly userId: string;
  /** The app's own claims. */
  readonly claims: TClaims;
  /**
   * Proves for 180 days that this device has signed in to the account, and opens nothing by itself. A client that has no cookies
   * keeps it, also when it signs out, and sends it with `login`. Missing with `throttle: false`.
   */
  readonly deviceMark?: string | undefined;
}

/**
 * Signs a user in whom the app has authenticated in its own way: sign-up, OAuth, a passkey or a magic link. It works in a
 * procedure, and in a route whose `ctx` is `sessionsContext(…)`.
 *
 * @throws {TRPCError} the sign-in was refused, with the `SessionError` as its `cause`. `invalid_credentials`: sessions of the
 *   user were revoked after the sign-in had begun
 */
export type SignIn<TKey extends string | undefined = undefined> = <TClaims = unknown>(
  ctx: ContextOf<TKey>,
  user: SignInUser<TClaims>,
  options?: SignInOptions,
) => Promise<SignInResult<TClaims>>;

/** {@link SignIn}, wherever the context holds the caller. */
export type SignInAnywhere = <TClaims = unknown>(
  ctx: object,
  user: SignInUser<TClaims>,
  options?: SignInOptions,
) => Promise<SignInResult<TClaims>>;

/** The steps of a sign-in. */
export interface SignInSteps {
  /** @throws {TRPCError} the browser would not keep the cookie: before anything is written */
  requireCookie(caller: CallerInfo): void;
  /** Issues the session, unless sessions of the user were revoked since the mark. */
  issue<TClaims>(
    caller: CallerInfo,
    user: SignInUser<TClaims>,
    options: SignInOptions & { since: string; known?: KnownDevice | undefined },
  ): Promise<IssuedWithMark>;
  /** Sets the cookies, and describes the session. */
  finish<TClaims>(
    caller: CallerInfo,
    user: SignInUser<TClaims>,
    issued: IssuedWithMark,
  ): Promise<SignInResult<TClaims>>;
}

/** A new session, and the mark of its device. */
export interface IssuedWithMark extends IssuedSession {
  readonly mark: NewMark | undefined;
}

/** The parts that sign a user in. */
export interface SignInParts {
  readonly manager: SessionManager;
  readonly verifier: Verifier;
  readonly locator: Locator;
  readonly throttle: Pick<Throttle<never>, 'issueMark' | 'knownDevice'>;
}

export function createSignInSteps({ manager, verifier, locator, throttle }: SignInParts): SignInSteps {
  return {
    requireCookie(caller) {
      const problem = connectionOf(caller)?.cookie?.problem() ?? null;
      if (problem !== null) throw new TRPCError({ code: 'FORBIDDEN', message: problem });
    },

    async issue(caller, { id: userId, claims, lifetime, data }, { device, since, replace = true, account, known }) {
      // Before the session: a revocation in between ends both.
      const mark = account === undefined ? undefined : await throttle.issueMark(userId, account, known);
      const issued = await manager.issue(
        { userId, claims: claims ?? {}, lifetime, caller, device, data },
        { since, replaces: replace ? replacedBy(caller) : undefined },
      );
      return { ...issued, mark };
    },

    async finish(caller, { id: userId, claims, persistent }, { token, session, mark }) {
      const connection = connectionOf(caller);
      // The other calls of the batch may have come with the session that this one replaced.
      verifier.invalidate(caller);
      connection?.cookie?.set(token, session, { persistent });
      if (mark !== undefined) connection?.cookie?.setDeviceMark(mark.text, mark.expiresAt, { persistent });
      connection?.preventCaching();
      const info = await sessionInfoOf(session, session.id, locator);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- without claims, the app's type of them allows none
      const result = { token, session: info, userId, claims: (claims ?? {}) as NonNullable<typeof claims> };
      return mark === undefined ? result : { ...result, deviceMark: mark.text };
    },
  };
}

export function createSignIn(
  manager: Pick<SessionManager, 'signInMark'>,
  callerOf: ContextPlace['callerOf'],
  steps: SignInSteps,
  throttle: Pick<Throttle<never>, 'knownDevice'>,
): SignInAnywhere {
  return async (ctx, user, options = {}) => {
    const caller = callerOf(ctx);
    steps.requireCookie(caller);
    const issued = await fromManager(
      (async () => {
        const { since = await manager.signInMark() } = options;
        // Not a claim: users may choose their own name or address, and so that of another's account.
        const { account = user.id } = options;
        const known = await throttle.knownDevice(caller, account);
        return steps.issue(caller, user, { ...options, since, account, known });
      })(),
    );
    return steps.finish(caller, user, issued);
  };
}

/** The session that a sign-in replaces. The browser drops the one in its cookie, of any user. */
function replacedBy(caller: CallerInfo): ReplacedSession | undefined {
  const ofCookie = connectionOf(caller)?.cookie?.token ?? null;
  if (ofCookie !== null) return { token: ofCookie, ofAnyUser: true };
  return caller.token === null ? undefined : { token: caller.token };
}

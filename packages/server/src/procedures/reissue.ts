import type { Duration, SessionManager } from '@trpc-sessions/core';
import type { ContextOf, ContextPlace } from '../authenticated/context-place.ts';
import type { Verifier } from '../authenticated/verifier.ts';
import { fromManager } from '../errors.ts';
import type { Locator } from '../locate/locate.ts';
import { connectionOf } from '../request/connection.ts';
import { sessionInfoOf } from './session-info.ts';
import type { SignInResult, SignInSteps } from './sign-in.ts';

/** How the token of a session is reissued. */
export interface ReissueOptions<TClaims> {
  /** The new claims. They replace the old. @defaultValue the claims of the token that the request came with */
  readonly claims?: TClaims | undefined;
  /**
   * How long the old token stays good, for requests that are under way. `'0s'` where the new claims allow less: it is refused at
   * once. @defaultValue `'30s'`
   */
  readonly grace?: Duration | undefined;
}

/**
 * Signs a new token for the session of the request, with other claims. It expires when the old one would have. A cookie that the request came with is set again, as persistent as it was.
 *
 * @throws {TRPCError} the token of the request was refused, with the `SessionError` as its `cause`
 */
export type Reissue<TKey extends string | undefined = undefined> = <TClaims extends object>(
  ctx: ContextOf<TKey>,
  options: ReissueOptions<TClaims>,
) => Promise<SignInResult<TClaims>>;

/** {@link Reissue}, wherever the context holds the caller. */
export type ReissueAnywhere = <TClaims extends object>(
  ctx: object,
  options: ReissueOptions<TClaims>,
) => Promise<SignInResult<TClaims>>;

/** The parts that reissue a token. */
export interface ReissueParts {
  readonly manager: SessionManager;
  readonly verifier: Verifier;
  readonly callerOf: ContextPlace['callerOf'];
  readonly locator: Locator;
  readonly signInSteps: Pick<SignInSteps, 'requireCookie'>;
}

export function createReissue({ manager, verifier, callerOf, locator, signInSteps }: ReissueParts): ReissueAnywhere {
  return async <TClaims extends object>(ctx: object, { claims, grace }: ReissueOptions<TClaims>) => {
    const caller = callerOf(ctx);
    const connection = connectionOf(caller);
    // With a token of its own, such as in a header, a request leaves the cookie as it is.
    const cookie = connection?.cookie?.token === caller.token ? connection?.cookie : undefined;
    if (cookie !== undefined) signInSteps.requireCookie(caller);
    const given: object | undefined = claims;
    const {
      token,
      session,
      claims: own,
    } = await fromManager(manager.reissue(caller.token, { grace, claims: given && { ...given } }));
    // The other calls of the batch came with the old token, which may be refused from now on.
    verifier.invalidate(caller);
    cookie?.set(token, session, { persistent: cookie.isPersistent });
    connection?.preventCaching();
    return {
      token,
      session: await sessionInfoOf(session, session.id, locator),
      userId: session.userId,
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- those that were given, or those of the old token
      claims: own as TClaims,
    };
  };
}

import type { AccessTokenClaims, CallerInfo, Session } from '@trpc-sessions/core';
import { connectionOf } from './connection.ts';

const day = 86_400_000;
/** Browsers keep no cookie for longer (RFC 6265bis §5.5): the cookie of a longer session must be set again. */
const maxCookieAge = 400 * day;
/**
 * A session that has changed within this time is not renewed. Its token may have been reissued, and a call with the old one may
 * still be under way. The answer to that call must not overwrite the cookie of the new token.
 */
const quietTime = 300_000;
/** Sessions whose last renewal is kept in memory. */
const maxRenewals = 10_000;

/** A call that was authenticated. */
export interface AuthenticatedCall {
  readonly caller: Pick<CallerInfo, 'token'>;
  readonly session: Session;
  readonly claims: Pick<AccessTokenClaims, 'iat'>;
}

/**
 * Creates the function that renews the cookie of a session that outlives it, at most once a day. Only for a call that
 * pages make when they open: a late answer to another could overwrite the cookie of a newer sign-in.
 */
export function createCookieRenewal(): (call: AuthenticatedCall) => void {
  const renewedAt = new Map<string, number>();
  return ({ caller, session, claims }) => {
    const cookie = connectionOf(caller)?.cookie;
    if (cookie === undefined || cookie.token === null || cookie.token !== caller.token || !cookie.isPersistent) return;
    if (session.expiresAt.getTime() - session.createdAt.getTime() <= maxCookieAge) return;
    // The manager's own clock: this call has just been seen.
    const now = session.lastSeenAt.getTime();
    if (now - session.updatedAt.getTime() < quietTime) return;
    if (now - (renewedAt.get(session.id) ?? claims.iat * 1000) < day) return;
    if (renewedAt.size >= maxRenewals) renewedAt.clear();
    renewedAt.set(session.id, now);
    cookie.renew(cookie.token.reveal(), session);
  };
}

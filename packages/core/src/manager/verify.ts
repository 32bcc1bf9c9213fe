import type { LiveSessions } from '../cache/session-cache.ts';
import { readIp, type CallerInfo } from '../session/caller.ts';
import { SessionError, type SessionErrorReason } from '../errors.ts';
import { sessionOf, type Session, type SessionRow } from '../session/session.ts';
import type { AccessTokenClaims } from '../token/access-token.ts';
import type { Touches } from './last-seen.ts';
import type { VerifiedToken, VerifyToken } from '../token/verified-tokens.ts';

/** A request that was let in. */
export interface VerifiedSession {
  readonly session: Session;
  readonly claims: AccessTokenClaims;
}

/** Lets a request in, or rejects. */
export type Verify = (token: string | null | undefined, caller?: Partial<CallerInfo>) => Promise<VerifiedSession>;

/** What verifying is made of. Times are in milliseconds. */
export interface VerifyParts {
  readonly verifyToken: VerifyToken;
  readonly find: (id: string) => Promise<SessionRow | undefined>;
  readonly live: LiveSessions | undefined;
  readonly touches: Pick<Touches, 'add' | 'seenAt'>;
  readonly onRefused: (error: unknown, caller: Partial<CallerInfo> | undefined) => void;
}

/** How long sessions last. In milliseconds. */
export interface VerifyRules {
  readonly clock: () => number;
  readonly clockTolerance: number;
  /** `Infinity` where there is none. */
  readonly idleTimeout: number;
  readonly touchInterval: number;
}

/**
 * The way in, and the order of its law: the token's shape, its signature and claims, then its row. What is known of a row
 * may let a request in at once; only the database may refuse one.
 */
export function createVerify(parts: VerifyParts, rules: VerifyRules): Verify {
  const { verifyToken, find, live, touches, onRefused } = parts;
  const { clock, clockTolerance, idleTimeout, touchInterval } = rules;

  function refusalOf(row: SessionRow, { id, claims }: VerifiedToken, now: number): SessionErrorReason | undefined {
    if (row.user_id !== claims.sub) return 'revoked_session';
    if (row.expires_at + clockTolerance <= now) return 'expired_token';
    // What this process has seen counts, though it is not written yet.
    if (row.last_seen_at + idleTimeout <= now && touches.seenAt(id) + idleTimeout <= now) return 'idle_session';
    return undefined;
  }

  function letIn(
    { id, claims }: VerifiedToken,
    row: SessionRow,
    session: Session,
    caller: Partial<CallerInfo> | undefined,
    now: number,
  ): VerifiedSession {
    if (now - row.last_seen_at < touchInterval) return { session, claims };
    const ip = readIp(caller?.ip) ?? row.ip;
    const seen = { ...row, last_seen_at: now, ip };
    const isTaken = touches.add({
      id,
      seenAt: now,
      seenBefore: now - touchInterval,
      ip: ip === row.ip ? null : ip,
    });
    // What is not going to be written, memory must not take as written.
    if (isTaken) live?.see(id, seen);
    return { session: sessionOf(id, seen), claims };
  }

  async function ask(verified: VerifiedToken, caller: Partial<CallerInfo> | undefined): Promise<VerifiedSession> {
    try {
      const { id, claims } = verified;
      const row = live === undefined ? await find(id) : await live.load(id, claims.sub, () => find(id));
      if (row === undefined) throw new SessionError('revoked_session');
      const now = clock();
      const reason = refusalOf(row, verified, now);
      if (reason !== undefined) throw new SessionError(reason);
      return letIn(verified, row, sessionOf(id, row), caller, now);
    } catch (error) {
      onRefused(error, caller);
      throw error;
    }
  }

  // Not async: a request that is let in from memory costs one promise.
  return (token, caller) => {
    try {
      if (token === null || token === undefined || token === '') throw new SessionError('missing_token');
      const now = clock();
      const verified = verifyToken(token, now);
      const found = live?.get(verified.id, now);
      // Another process may have seen the session since: only the database may say no.
      if (found === undefined || refusalOf(found.row, verified, now) !== undefined) return ask(verified, caller);
      return Promise.resolve(letIn(verified, found.row, found.session, caller, now));
    } catch (error) {
      onRefused(error, caller);
      return Promise.reject(error);
    }
  };
}

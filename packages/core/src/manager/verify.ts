import type { Answer, FindRowOf } from '../cache/known-rows.ts';
import type { SessionCache } from '../cache/session-cache.ts';
import { isSessionError, SessionError, type SessionEnd } from '../errors.ts';
import type { CallerInfo } from '../session/caller.ts';
import type { ReadIp } from '../session/ip-mode.ts';
import type { LivenessRules } from '../session/liveness.ts';
import { revealToken } from '../session/redacted-token.ts';
import { sessionOf, type Session, type LookedUpRow } from '../session/session.ts';
import { changedDevice } from '../session/stored-device.ts';
import type { AccessTokenClaims } from '../token/token-rules.ts';
import type { VerifiedToken, VerifyToken } from '../token/verified-tokens.ts';
import type { LastSeenWrites } from './last-seen.ts';
import { createRefusalOf } from './refusal.ts';

/** The session of a verified request. */
export interface VerifiedSession {
  readonly session: Session;
  readonly claims: AccessTokenClaims;
}

/** How {@link SessionManager.verify} verifies. */
export interface VerifyOptions {
  /**
   * Whether the request counts as use of the session: `false` for one that the client sends by itself, such as of a stream that it opens
   * again. @defaultValue `true`
   */
  readonly lastSeen?: boolean | undefined;
}

/** Verifies a request; rejects with `SessionError`. */
export type Verify = (token: CallerInfo['token'] | undefined, caller?: Partial<CallerInfo>) => Promise<VerifiedSession>;

/** The parts that verify a request. */
export interface VerifyParts {
  readonly verifyToken: VerifyToken;
  readonly find: FindRowOf;
  readonly cache: SessionCache | undefined;
  readonly lastSeen: Pick<LastSeenWrites, 'add' | 'seenAt' | 'flushBriefly'>;
  /** Finds how the session of a token ended, whose row does not exist. */
  readonly findEnd: (token: VerifiedToken) => Promise<SessionEnd | undefined>;
  readonly onRefused: (error: SessionError, caller: Partial<CallerInfo> | undefined) => void;
}

/** When a session is refused, and when its last-seen time is written. In milliseconds. */
export interface VerifyRules extends LivenessRules {
  readonly clock: () => number;
  readonly touchInterval: number;
  /** Whether a request waits for its last-seen write. */
  readonly writesInline: boolean;
  readonly readIp: ReadIp;
}

/**
 * Verifies requests. Checks run in this order: the token's shape, its signature and claims, then its row. A cached row
 * is enough to accept a request; only the database refuses one.
 */
export function createVerify(parts: VerifyParts, rules: VerifyRules): Verify {
  const { verifyToken, find, cache, lastSeen, findEnd, onRefused } = parts;
  const { clock, touchInterval, writesInline, readIp } = rules;
  const refusalOf = createRefusalOf(lastSeen, rules);

  function accept(
    verified: VerifiedToken,
    row: LookedUpRow,
    caller: Partial<CallerInfo> | undefined,
    now: number,
  ): Promise<VerifiedSession> {
    if (now - row.last_seen_at >= touchInterval) return acceptUse(verified, row, caller, now);
    // Each request has a session of its own, so that none changes another's.
    // An object that is made in place has no `then`, and V8 does not look for one.
    return Promise.resolve({ session: sessionOf(row), claims: verified.claims });
  }

  /** Accepts a request whose last-seen write is due. */
  async function acceptUse(
    { claims }: VerifiedToken,
    row: LookedUpRow,
    caller: Partial<CallerInfo> | undefined,
    now: number,
  ): Promise<VerifiedSession> {
    const ip = readIp(caller?.ip) ?? row.ip;
    const changed = changedDevice(row, caller);
    const isQueued = lastSeen.add({
      id: row.id,
      seenAt: now,
      seenBefore: now - touchInterval,
      ip: ip === row.ip ? null : ip,
      userAgent: changed?.user_agent ?? null,
      device: changed?.device ?? null,
    });
    const seen = { ...row, ...changed, last_seen_at: now, ip };
    // Update the cache only if the write was queued.
    if (isQueued) cache?.updateRow(seen);
    if (writesInline) await lastSeen.flushBriefly();
    return { session: sessionOf(seen), claims };
  }

  /** Verifies a row that was looked up. It throws a refusal at once, so that the caller reports it. */
  function verifyRow(
    row: LookedUpRow,
    verified: VerifiedToken,
    caller: Partial<CallerInfo> | undefined,
  ): Promise<VerifiedSession> {
    const now = clock();
    const reason = refusalOf(row, verified, now);
    if (reason !== undefined) throw new SessionError(reason);
    return accept(verified, row, caller, now);
  }

  /** A function of its own: inside of its caller, the closure would cost an object at each call, also of a cached session. */
  function lookUp(verified: VerifiedToken, now: number): Answer<LookedUpRow> {
    return cache === undefined ? find(verified, now) : cache.load(verified, async () => find(verified, now));
  }

  async function verifyLater(
    found: Promise<LookedUpRow | undefined> | undefined,
    verified: VerifiedToken,
    caller: Partial<CallerInfo> | undefined,
  ): Promise<VerifiedSession> {
    try {
      const row = await found;
      if (row === undefined) throw new SessionError('revoked_session', { ended: await findEnd(verified) });
      return await verifyRow(row, verified, caller);
    } catch (error) {
      report(error, caller);
      throw error;
    }
  }

  /** Reports a refusal. A fault of the database is not one. */
  function report(error: unknown, caller: Partial<CallerInfo> | undefined): void {
    if (isSessionError(error)) onRefused(error, caller);
  }

  // Not async: a request that needs no waiting costs one promise.
  return (token, caller) => {
    try {
      const text = revealToken(token);
      if (text === null || text === undefined || text === '') throw new SessionError('missing_token');
      const now = clock();
      const verified = verifyToken(text, now);
      const cached = cache?.get(verified, now);
      // Another process may have seen the session since: only the database may refuse it.
      if (cached !== undefined && refusalOf(cached, verified, now) === undefined) {
        return accept(verified, cached, caller, now);
      }
      const found = lookUp(verified, now);
      if (found === undefined || found instanceof Promise) return verifyLater(found, verified, caller);
      return verifyRow(found, verified, caller);
    } catch (error) {
      report(error, caller);
      return Promise.reject(error);
    }
  };
}

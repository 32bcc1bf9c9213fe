import type { SessionErrorReason } from '../errors.ts';
import { generationOf, isGoodGeneration } from '../session/generation.ts';
import { livenessOf, liveSince, type LivenessRules } from '../session/liveness.ts';
import type { LookedUpRow } from '../session/session.ts';
import type { VerifiedToken } from '../token/verified-tokens.ts';
import type { LastSeenWrites } from './last-seen.ts';

/** Decides why a row refuses a token; `undefined` if it does not. */
export type RefusalOf = (row: LookedUpRow, token: VerifiedToken, now: number) => SessionErrorReason | undefined;

export function createRefusalOf(lastSeen: Pick<LastSeenWrites, 'seenAt'>, rules: LivenessRules): RefusalOf {
  return (row, { claims }, now) => {
    if (row.user_id !== claims.sub || !isGoodGeneration(row, generationOf(claims), now)) return 'revoked_session';
    const live = liveSince(now, rules);
    const liveness = livenessOf(row, live);
    if (liveness === 'live') return undefined;
    if (liveness === 'expired') return 'expired_token';
    // A last-seen write that still waits counts.
    const waiting = { expires_at: row.expires_at, last_seen_at: lastSeen.seenAt(row.id) };
    return livenessOf(waiting, live) === 'live' ? undefined : 'idle_session';
  };
}

import type { SessionState } from '@trpc-sessions/client/react';

/** Why the user has to sign in again; `null` for a user who has signed out, or has not signed in. */
export function endedText({ reason, ended }: Pick<SessionState, 'reason' | 'ended'>): string | null {
  if (reason === null || reason === 'signed_out' || ended?.by === 'self') return null;
  if (ended?.by === 'another_device') return 'Another of your devices signed this one out.';
  if (ended?.by === 'staff') return 'This session was ended by staff.';
  if (ended?.cause === 'evicted') return 'This session made room for a newer one.';
  if (reason === 'expired_token') return 'This session has expired.';
  if (reason === 'idle_session' || ended?.cause === 'idle') return 'This session was not used for a long time.';
  return reason === 'revoked_session' ? 'This session was ended.' : 'This session is no longer valid.';
}

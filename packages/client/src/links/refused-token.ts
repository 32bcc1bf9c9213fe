import { isCookieMark } from '../tokens/cookie-store.ts';
import { endsSession, sessionErrorReason } from '../errors.ts';
import { dropToken, type TokenStore } from '../tokens/token-store.ts';

/** Drops the token that a call was refused with, where the refusal ends the session. */
export function dropRefusedToken(tokens: TokenStore, token: string | null, error: unknown): void {
  const reason = sessionErrorReason(error);
  // A browser sends no cookie that has expired: all that the server can say is that none came.
  if (endsSession(reason) || (reason === 'missing_token' && isCookieMark(token))) dropToken(tokens, token);
}

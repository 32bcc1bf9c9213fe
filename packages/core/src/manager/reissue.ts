import { parseDuration, type Duration } from '../duration.ts';
import { SessionError, SessionUsageError } from '../errors.ts';
import type { CallerInfo } from '../session/caller.ts';
import { currentGenerationOf, generationOf } from '../session/generation.ts';
import { revealToken } from '../session/redacted-token.ts';
import { sessionOf, type LookedUpRow } from '../session/session.ts';
import type { Store } from '../store/store.ts';
import { DatabaseTimeoutError } from '../store/time-limit.ts';
import type { Tokens } from '../token/access-token.ts';
import { appClaimsOf } from '../token/signable-claims.ts';
import type { VerifiedToken, VerifyToken } from '../token/verified-tokens.ts';
import { requireCallOptions } from './call-options.ts';
import type { EndedSessionLookups } from './history.ts';
import type { IssuedSession } from './issue.ts';
import type { RefusalOf } from './refusal.ts';
import type { Announcements } from './announcements.ts';

/** The input of {@link SessionManager.reissue}. */
export interface ReissueInput {
  /** The app's own claims of the new token. They replace the old. @defaultValue the claims of the old token */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /**
   * How long the old token stays good, for requests that are under way. `'0s'` where the new claims allow less: it is refused at
   * once. @defaultValue `'30s'`
   */
  readonly grace?: Duration | undefined;
}

/** A session and its new access token. */
export interface ReissuedSession extends IssuedSession {
  /** The app's own claims of the new token. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Signs a new token for a session. */
export type Reissue = (token: CallerInfo['token'] | undefined, input: ReissueInput) => Promise<ReissuedSession>;

const knownInput = { claims: true, grace: true } as const;
/** The third reads a row that refuses the token, or the look-up is behind. */
const maxTries = 5;

/** The parts that reissue tokens. */
export interface ReissueParts {
  readonly store: Pick<Store, 'find' | 'reissue'>;
  readonly tokens: Pick<Tokens, 'sign'>;
  readonly verifyToken: VerifyToken;
  readonly refusalOf: RefusalOf;
  readonly findEnd: EndedSessionLookups['findEnd'];
  readonly announcements: Pick<Announcements, 'updated' | 'maybeChanged'>;
  readonly clock: () => number;
}

export function createReissue(parts: ReissueParts): Reissue {
  const { store, tokens, verifyToken, refusalOf, findEnd, announcements, clock } = parts;

  /** Reads the row, and refuses a token that is not good for it. */
  async function readRow(verified: VerifiedToken): Promise<LookedUpRow> {
    const row = await store.find(verified.id);
    if (row === undefined) throw new SessionError('revoked_session', { ended: await findEnd(verified) });
    const reason = refusalOf(row, verified, clock());
    if (reason !== undefined) throw new SessionError(reason);
    return row;
  }

  /** Counts a new token. `undefined`: another process has done so in the meantime. */
  async function replace(
    row: LookedUpRow,
    { claims: { sub: userId } }: VerifiedToken,
    grace: number,
  ): Promise<LookedUpRow | undefined> {
    const key = { userId, id: row.id };
    const after = currentGenerationOf(row);
    const updatedAt = clock();
    const graceUntil = grace === 0 ? null : updatedAt + grace;
    try {
      if (!(await store.reissue(key, { after, graceUntil, updatedAt }))) return undefined;
    } catch (error) {
      // The answer to the commit may be lost.
      announcements.maybeChanged({ userId, ids: [row.id] }, error instanceof DatabaseTimeoutError);
      throw error;
    }
    announcements.updated(key);
    return { ...row, generation: after + 1, grace_until: graceUntil, updated_at: updatedAt };
  }

  return async (token, input) => {
    requireCallOptions('reissue', input, knownInput);
    const grace = readGrace(input.grace ?? '30s');
    const text = revealToken(token);
    if (text === null || text === undefined || text === '') throw new SessionError('missing_token');
    const verified = verifyToken(text, clock());
    const { claims } = verified;
    const own = input.claims ?? appClaimsOf(claims);
    const sign = (generation: number): string =>
      tokens.sign(
        {
          lookupId: claims.lookup_id,
          userId: claims.sub,
          issuedAt: Math.floor(clock() / 1000),
          expiresAt: claims.exp,
          generation,
        },
        own,
      );

    // Each time, another process has replaced the token of this one: after two, it is no longer good.
    for (let tries = 0; tries < maxTries; tries += 1) {
      const row = await readRow(verified);
      const current = currentGenerationOf(row);
      // Of requests that reissue the same token, one replaces it, and the others get the same generation. Without a grace, no token
      // of that generation may stay good: it may have the old claims.
      const isReplaced = generationOf(claims) !== current;
      if (isReplaced && grace > 0) return { token: sign(current), session: sessionOf(row), claims: own };
      const signed = sign(current + 1);
      const replaced = await replace(row, verified, grace);
      if (replaced !== undefined) return { token: signed, session: sessionOf(replaced), claims: own };
    }
    throw new Error('reissue: readDb lags behind db: look-ups need a connection to the same database');
  };
}

/** @throws {SessionUsageError} it is not a duration */
function readGrace(value: Duration): number {
  try {
    return parseDuration('grace', value, 0);
  } catch (cause) {
    throw new SessionUsageError(cause instanceof Error ? cause.message : 'grace: expected a duration', { cause });
  }
}

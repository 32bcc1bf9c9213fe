import type { Transaction } from 'kysely';
import { isSessionError, SessionError } from '../errors.ts';
import { readIp, type CallerInfo } from '../session/caller.ts';
import type { DeviceInput } from '../session/device/device.ts';
import { liveSince, type LivenessRules } from '../session/liveness.ts';
import type { SessionCap } from '../session/session-cap.ts';
import { sessionOf, type Session, type SessionRow } from '../session/session.ts';
import { deviceColumnsOf } from '../session/stored-device.ts';
import { createRow } from '../store/columns.ts';
import { plainDatabase } from '../store/plain-database.ts';
import type { AppTransaction, Store } from '../store/store.ts';
import type { Tokens } from '../token/access-token.ts';
import { DatabaseTimeoutError, type TimeLimit } from '../store/time-limit.ts';
import { createLookupId, sessionIdOf } from '../token/lookup-id.ts';
import type { Events, SessionEvents } from './events.ts';
import type { LastSeenWrites } from './last-seen.ts';
import type { Revocations } from './revoke.ts';
import { requireUserId } from './user-id.ts';
import { createUserQueue } from './user-queue.ts';

/** The input of {@link SessionManager.issue}. */
export interface IssueInput {
  /** Of 1 to 255 characters. */
  readonly userId: string;
  /** The app's own claims, which every request reads without the database. Anyone who holds the token can read them. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** The caller who signs in. */
  readonly caller?: Partial<CallerInfo> | undefined;
  /** The device as the client describes it. */
  readonly device?: DeviceInput | undefined;
}

/** How {@link SessionManager.issue} writes. */
export interface IssueOptions<TDatabase> {
  /**
   * A transaction of the app's own, so that signing up and signing in commit together. The events `created` and
   * `revoked` are emitted when `issue` returns, before the transaction commits or rolls back. `ended` is not: open streams
   * of evicted sessions end at their next look after the commit.
   */
  readonly trx?: Transaction<TDatabase> | undefined;
}

/** A new session and its access token. */
export interface IssuedSession {
  readonly token: string;
  readonly session: Session;
}

/** Signs a user in. */
export type Issue = <TDatabase>(input: IssueInput, options?: IssueOptions<TDatabase>) => Promise<IssuedSession>;

/** The parts that issue sessions. */
export interface IssueParts {
  readonly store: Pick<Store, 'insert' | 'isMissingUser'>;
  readonly limitTime: TimeLimit;
  readonly tokens: Pick<Tokens, 'sign'>;
  readonly lastSeen: Pick<LastSeenWrites, 'seenAt'>;
  readonly revocations: Pick<Revocations, 'announce' | 'announcePossible'>;
  readonly events: Pick<Events<SessionEvents>, 'emit'>;
}

/** How sessions are issued. In milliseconds. */
export interface IssueRules extends LivenessRules {
  readonly clock: () => number;
  readonly lifetime: number;
  readonly maxSessions: ((userId: string) => Promise<number>) | undefined;
}

export function createIssue(parts: IssueParts, rules: IssueRules): Issue {
  const { store, limitTime, tokens, lastSeen, revocations, events } = parts;
  const { clock, lifetime, maxSessions } = rules;

  const signingIn = createUserQueue(limitTime);

  async function capOf(userId: string, now: number): Promise<SessionCap | undefined> {
    const max = (await maxSessions?.(userId)) ?? Infinity;
    if (max === Infinity) return undefined;
    return { max, live: liveSince(now, rules), waitingSeenAt: (id) => lastSeen.seenAt(id) };
  }

  async function insert(
    row: SessionRow,
    cap: SessionCap | undefined,
    trx: AppTransaction | undefined,
  ): Promise<readonly string[]> {
    try {
      const insertNow = (): Promise<readonly string[]> => store.insert(row, cap, trx);
      return await (cap === undefined || trx !== undefined ? insertNow() : signingIn.run(row.user_id, insertNow));
    } catch (error) {
      // Too many sign-ins of this user are waiting.
      if (isSessionError(error)) throw error;
      // The user was deleted while signing in.
      if (store.isMissingUser(error)) throw new SessionError('invalid_credentials', { cause: error });
      // The transaction may have committed, and evicted any session of the user.
      const mayCommitLater = trx !== undefined || error instanceof DatabaseTimeoutError;
      if (cap !== undefined) revocations.announcePossible({ userId: row.user_id }, mayCommitLater);
      throw error;
    }
  }

  return async ({ userId, claims = {}, caller, device }, { trx } = {}) => {
    requireUserId(userId);
    const now = clock();
    const lookupId = createLookupId();
    // The token and the row expire in the same second.
    const expiresAt = Math.floor((now + lifetime) / 1000);
    const token = tokens.sign({ lookupId, userId, issuedAt: Math.floor(now / 1000), expiresAt }, claims);
    const ip = readIp(caller?.ip);
    const row = createRow({
      id: sessionIdOf(lookupId),
      user_id: userId,
      created_at: now,
      last_seen_at: now,
      expires_at: expiresAt * 1000,
      ip,
      created_ip: ip,
      ...deviceColumnsOf(caller ?? {}, device),
    });
    const evicted = await insert(row, await capOf(userId, now), trx && plainDatabase(trx));
    const session = sessionOf(row);
    events.emit('created', { session });
    revocations.announce(evicted.length, { userId, ids: evicted, cause: 'evicted' }, { isPending: trx !== undefined });
    return { token, session };
  };
}

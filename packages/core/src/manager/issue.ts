import type { Transaction } from 'kysely';
import { parseDuration, type Duration } from '../duration.ts';
import { isSessionError, SessionError, SessionUsageError } from '../errors.ts';
import type { CallerInfo } from '../session/caller.ts';
import type { DeviceInput } from '../session/device/device.ts';
import type { ReadIp } from '../session/ip-mode.ts';
import { generationOf } from '../session/generation.ts';
import { liveSince, type LivenessRules } from '../session/liveness.ts';
import type { SessionCap } from '../session/session-cap.ts';
import { sessionOf, type Session, type SessionRow } from '../session/session.ts';
import { storeData } from '../session/stored-data.ts';
import { deviceColumnsOf } from '../session/stored-device.ts';
import { createRow } from '../store/columns.ts';
import { plainDatabase } from '../store/plain-database.ts';
import { revealToken } from '../session/redacted-token.ts';
import type { ReplacedRow } from '../store/insert-and-evict.ts';
import type { AppTransaction, Inserted, InsertOptions, Store } from '../store/store.ts';
import type { Tokens } from '../token/access-token.ts';
import { DatabaseTimeoutError, type TimeLimit } from '../store/time-limit.ts';
import { createLookupId, sessionIdOf } from '../token/lookup-id.ts';
import type { VerifyToken } from '../token/verified-tokens.ts';
import { requireCallOptions } from './call-options.ts';
import type { MaxSessions } from './options.ts';
import type { Events, SessionEvents } from './events.ts';
import type { LastSeenWrites } from './last-seen.ts';
import type { Announcements } from './announcements.ts';
import { requireUserId } from '../session/user-id.ts';
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
  /** How long this session lasts, such as `'12h'` without "remember me". @defaultValue the manager's `lifetime` */
  readonly lifetime?: Duration | undefined;
  /** The app's own data, kept on the session and not in the token: JSON of up to 4,096 bytes. @defaultValue none */
  readonly data?: unknown;
}

/** How {@link SessionManager.issue} writes. */
export interface IssueOptions<TDatabase> {
  /**
   * A transaction of the app's own, so that signing up and signing in commit together. The events `created` and
   * `revoked` are emitted when `issue` returns, before the transaction commits or rolls back. `ended` is not: open streams
   * of evicted sessions end at their next look after the commit.
   */
  readonly trx?: Transaction<TDatabase> | undefined;
  /**
   * The text that `signInMark` gave when this sign-in began. If all, or all other, sessions of the user were revoked since,
   * the sign-in is refused: it may have begun with the old password. @defaultValue revocations are not checked
   */
  readonly since?: string | undefined;
  /**
   * The session that the new one replaces. It is revoked in the same transaction. If it is the same user's, its name goes along,
   * and so does its data unless the new one has its own. @defaultValue none
   */
  readonly replaces?: ReplacedSession | undefined;
}

/**
 * The session that a sign-in replaces, by the token that came with its request. A token that is not valid names none, nor does
 * one that a reissued token has replaced.
 */
export interface ReplacedSession {
  readonly token: CallerInfo['token'];
  /**
   * Whether the session may be another user's. A browser that keeps the new token in its cookie drops the old one,
   * of any user. @defaultValue `false`
   */
  readonly ofAnyUser?: boolean | undefined;
}

const knownOptions = { trx: true, since: true, replaces: true } as const;
const knownInput = { userId: true, claims: true, caller: true, device: true, lifetime: true, data: true } as const;

/** A new session and its access token. */
export interface IssuedSession {
  readonly token: string;
  readonly session: Session;
}

/** Signs a user in. */
export type Issue = <TDatabase>(input: IssueInput, options?: IssueOptions<TDatabase>) => Promise<IssuedSession>;

/** The parts that issue sessions. */
export interface IssueParts {
  readonly store: Pick<Store, 'insert' | 'isMissingUser' | 'isMark'>;
  readonly verifyToken: VerifyToken;
  readonly limitTime: TimeLimit;
  readonly tokens: Pick<Tokens, 'sign'>;
  readonly lastSeen: Pick<LastSeenWrites, 'seenAt'>;
  readonly announcements: Pick<Announcements, 'revoked' | 'started' | 'maybeChanged'>;
  readonly events: Pick<Events<SessionEvents>, 'emit'>;
}

/** A session that a token names. */
type NamedSession = Pick<ReplacedRow, 'userId' | 'id' | 'generation'>;

/** How sessions are issued. In milliseconds. */
export interface IssueRules extends LivenessRules {
  readonly clock: () => number;
  readonly lifetime: number;
  readonly maxSessions: ((...user: Parameters<MaxSessions>) => Promise<number>) | undefined;
  readonly readIp: ReadIp;
}

export function createIssue(parts: IssueParts, rules: IssueRules): Issue {
  const { store, limitTime, tokens, verifyToken, lastSeen, announcements, events } = parts;
  const { clock, lifetime, maxSessions, readIp } = rules;

  const signingIn = createUserQueue(limitTime);

  async function capOf({ userId, claims = {} }: IssueInput, now: number): Promise<SessionCap | undefined> {
    const max = (await maxSessions?.(userId, { claims })) ?? Infinity;
    if (max === Infinity) return undefined;
    return { max, live: liveSince(now, rules), waitingSeenAt: (id) => lastSeen.seenAt(id) };
  }

  function sessionToReplace(replaces: ReplacedSession, userId: string, now: number): NamedSession | undefined {
    try {
      const { id, claims } = verifyToken(revealToken(replaces.token) ?? '', now);
      if (claims.sub !== userId && replaces.ofAnyUser !== true) return undefined;
      return { userId: claims.sub, id, generation: generationOf(claims) };
    } catch (error) {
      if (isSessionError(error)) return undefined;
      throw error;
    }
  }

  async function insert(
    row: SessionRow,
    options: InsertOptions,
    trx: AppTransaction | undefined,
  ): Promise<Inserted | undefined> {
    const { cap, since, replaces } = options;
    const mayWait = cap !== undefined || since !== undefined || replaces !== undefined;
    try {
      const insertNow = (): Promise<Inserted | undefined> => store.insert(row, options, trx);
      return await (mayWait && trx === undefined ? signingIn.run(row.user_id, insertNow) : insertNow());
    } catch (error) {
      // Too many sign-ins of this user are waiting.
      if (isSessionError(error)) throw error;
      // The user was deleted while signing in.
      if (store.isMissingUser(error)) throw new SessionError('invalid_credentials', { cause: error });
      // The transaction may have committed, and evicted any session of the user.
      const mayCommitLater = trx !== undefined || error instanceof DatabaseTimeoutError;
      if (cap !== undefined) announcements.maybeChanged({ userId: row.user_id }, mayCommitLater);
      if (replaces !== undefined) {
        announcements.maybeChanged({ userId: replaces.userId, ids: [replaces.id] }, mayCommitLater);
      }
      throw error;
    }
  }

  return async (input, options = {}) => {
    requireCallOptions('issue', input, knownInput);
    requireCallOptions('issue', options, knownOptions);
    const { userId, claims = {}, caller, device, data } = input;
    const lasts = input.lifetime === undefined ? lifetime : readLifetime(input.lifetime);
    const { trx, since, replaces } = options;
    requireUserId(userId);
    requireMark(since);
    const now = clock();
    const lookupId = createLookupId();
    // The token and the row expire in the same second.
    const expiresAt = Math.floor((now + lasts) / 1000);
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
      data: storeData(data),
    });
    const replaced = replaces && sessionToReplace(replaces, userId, now);
    const cap = await capOf(input, now);
    const inserted = await insert(
      row,
      { cap, since, replaces: replaced && { ...replaced, keepsData: data === undefined } },
      trx && plainDatabase(trx),
    );
    if (inserted === undefined) throw revokedMeanwhile();
    const { evicted, hasReplaced } = inserted;
    const session = sessionOf(inserted.row);
    // The app's data is for those who ask for it.
    events.emit('created', { session: sessionOf({ ...inserted.row, data: null }) });
    const isPending = trx !== undefined;
    if (!isPending) announcements.started(session);
    if (replaced !== undefined && hasReplaced) {
      announcements.revoked(1, { userId: replaced.userId, ids: [replaced.id], cause: 'replaced' }, { isPending });
    }
    announcements.revoked(evicted.length, { userId, ids: evicted, cause: 'evicted' }, { isPending });
    return { token, session };
  };

  /** @throws {SessionError} `invalid_credentials`: the mark is not one of the database's. It may have come with a request */
  function requireMark(since: unknown): void {
    if (since === undefined) return;
    if (typeof since !== 'string') throw new SessionUsageError('since: expected the text that signInMark gave');
    if (store.isMark(since)) return;
    throw new SessionError('invalid_credentials', { cause: new Error('since is not a text that signInMark gave') });
  }
}

/** @throws {SessionUsageError} it is not a duration, or shorter than a second */
function readLifetime(value: Duration): number {
  try {
    return parseDuration('lifetime', value, 1000);
  } catch (cause) {
    throw new SessionUsageError(cause instanceof Error ? cause.message : 'lifetime: expected a duration', { cause });
  }
}

function revokedMeanwhile(): SessionError {
  const cause = new Error('the sessions of this user were revoked after the sign-in had begun');
  return new SessionError('invalid_credentials', { cause });
}

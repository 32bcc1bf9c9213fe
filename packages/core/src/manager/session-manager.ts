import type { Transaction } from 'kysely';
import type { CallerInfo } from '../session/caller.ts';
import type { LastSeenInput, SessionPage, SessionPageInput } from '../session/page.ts';
import type { Session } from '../session/session.ts';
import type { PublicKeys } from '../token/public-keys.ts';
import type { CredentialsChange } from './change-credentials.ts';
import type { SessionChanges } from './changes.ts';
import type { SessionEvents } from './events.ts';
import type { SessionHistory } from './history.ts';
import type { IssuedSession, IssueInput, IssueOptions } from './issue.ts';
import type { GetInput } from './list.ts';
import type { PurgeOptions } from './purge.ts';
import type { IssuedBefore } from './revoke-issued-before.ts';
import type { RevokeOptions } from './revoke.ts';
import type { SignInGuard, SignInGuardOptions } from './sign-in-guard.ts';
import type { VerifiedSession, VerifyOptions } from './verify.ts';

/**
 * Issues, verifies, lists and revokes sessions.
 *
 * @typeParam TDatabase - the app's database
 */
export interface SessionManager<TDatabase = unknown> extends SessionChanges, SessionHistory {
  /**
   * Signs a user in: writes a session and signs its access token. The token is returned once and stored nowhere.
   *
   * @throws {SessionUsageError} `userId` is not a text, or `claims` overwrite a registered claim, are not JSON or are too
   *   large
   * @throws {SessionError} `invalid_credentials`: the database has a foreign key to the app's users, and not this user; or
   *   sessions of the user were revoked after the mark `since`. `too_many_attempts`: 1,000 sign-ins of the user are waiting
   * @throws {RangeError} the function `maxSessionsPerUser` did not return a whole number of at least 1
   * @throws {Error} that function failed: its error is the `cause`
   */
  issue<TOwn>(input: IssueInput, options?: IssueOptions<TOwn>): Promise<IssuedSession>;
  /**
   * Verifies an access token: first its shape, then its signature and claims, then its row. So nothing unsigned reaches
   * the database.
   *
   * @param caller the caller of the request: the session is last seen from its IP address, unless `lastSeen: false`
   * @throws {SessionError} `missing_token`, `malformed_token`, `invalid_token`, `expired_token`, `revoked_session` or `idle_session`
   * @throws the database's own error: that is a fault, and does not mean "signed out"
   */
  verify(
    token: CallerInfo['token'] | undefined,
    caller?: Partial<CallerInfo>,
    options?: VerifyOptions,
  ): Promise<VerifiedSession>;
  /**
   * Lists a user's sessions, the most recently seen first: all of them, or at most `max`.
   *
   * @throws {RangeError} `max` is not a whole number of at least 1
   */
  list(userId: string, input?: LastSeenInput): Promise<Session[]>;
  /**
   * Lists a page of a user's sessions, the newest sign-in first. The pages miss no session that is live throughout.
   *
   * @throws {RangeError} `limit` is not a whole number of at least 1
   * @throws {SessionUsageError} `cursor` is not the `nextCursor` of an earlier page
   */
  list(userId: string, page: SessionPageInput): Promise<SessionPage>;
  /**
   * Lists a page of all users' live sessions, the newest sign-in first. It is for staff: no user id limits it.
   *
   * @throws {RangeError} `limit` is not a whole number of at least 1
   * @throws {SessionUsageError} `cursor` is not the `nextCursor` of an earlier page
   */
  listAll(page: SessionPageInput): Promise<SessionPage>;
  /** Reads one session of a user; `null` when the user has no such session. */
  get(input: GetInput): Promise<Session | null>;
  /** Revokes one session of a user. `false` when the user has no such session. */
  revoke<TOwn>(
    input: { readonly userId: string; readonly id: string },
    options?: RevokeOptions<TOwn>,
  ): Promise<boolean>;
  /** Revokes some sessions of a user. Returns how many of the ids were the user's. */
  revokeMany<TOwn>(
    input: { readonly userId: string; readonly ids: readonly string[] },
    options?: RevokeOptions<TOwn>,
  ): Promise<number>;
  /**
   * Revokes every session of a user but the current one, which must be live. Returns how many.
   *
   * @throws {SessionError} `revoked_session`: the user has no such current session. Nothing was revoked
   */
  revokeOthers<TOwn>(
    input: { readonly userId: string; readonly currentId: string },
    options?: RevokeOptions<TOwn>,
  ): Promise<number>;
  /** Revokes every session of a user: signs the user out everywhere. Returns how many. */
  revokeAll<TOwn>(userId: string, options?: RevokeOptions<TOwn>): Promise<number>;
  /**
   * Revokes the sessions of all users that were issued before a time, in bounded chunks: signs everyone out. Returns how many.
   * If it fails, the sessions that are deleted by then are revoked, and another call continues.
   *
   * @throws {SessionUsageError} `time` is not a valid Date
   */
  revokeIssuedBefore(input: IssuedBefore, options?: Pick<RevokeOptions<unknown>, 'by'>): Promise<number>;
  /**
   * Changes a user's credentials and revokes the sessions that the old ones opened, in one transaction. `change` gets that
   * transaction for the app's own writes. A sign-in with the old credentials waits for it, and is then refused. Returns
   * the result of `change`.
   *
   * @throws {SessionError} `revoked_session`: the user has no session `keep`. Nothing was changed
   * @throws {SessionUsageError} the database has no interactive transactions, such as Cloudflare's D1
   *
   * @example
   * ```ts
   * await manager.changeCredentials({ userId, keep: session.id }, async (trx) => {
   *   await updatePassword(trx, userId, passwordHash);
   * });
   * ```
   */
  changeCredentials<TResult, TOwn = TDatabase>(
    input: CredentialsChange,
    change: (trx: Transaction<TOwn>) => Promise<TResult>,
  ): Promise<TResult>;
  /**
   * Has every process ask the plugin's option `account` again for the open streams and sockets of a user: call it after a user
   * was disabled or deleted. Calls ask by themselves. It does not wait for the bus.
   *
   * @throws {SessionUsageError} `userId` is not a text
   */
  recheckAccount(userId: string): Promise<void>;
  /**
   * Marks the time at which a sign-in begins, for the option `since` of `issue`. It is a short text of the database's, and
   * survives a redirect. Keep it where the visitor cannot change it.
   */
  signInMark(): Promise<string>;
  /**
   * Guards sign-ins: counts attempts, for a plugin. Apps use the plugin's option `throttle`.
   *
   * @throws {TypeError} there is no such store
   */
  guardSignIns(options?: SignInGuardOptions): SignInGuard;
  /**
   * Deletes the rows of sessions that have expired or gone idle, in bounded chunks. Returns how many.
   *
   * @throws {RangeError} an option is out of range
   * @throws {Error} the manager is closed, or the database forbids it
   */
  purgeExpired(options?: PurgeOptions): Promise<number>;
  /**
   * The public keys of the option `keys`, as a JWK Set: for services that verify tokens by themselves. They cannot know of
   * revocations. A secret has no public key.
   *
   * @throws {SessionUsageError} a key has no JWK: it is of the type `rsa-pss`
   */
  publicKeys(): PublicKeys;
  /** Whether other processes hear of revoked and new sessions at once. */
  readonly hasBus: boolean;
  /** The time of the manager's clock, in milliseconds: to compare with the times of a session. */
  now(): number;
  /** Listens to an event. Returns a function that unsubscribes. A listener that throws fails no request. */
  on<TName extends keyof SessionEvents>(event: TName, listener: (event: SessionEvents[TName]) => unknown): () => void;
  /** Resolves when the last-seen writes that wait are written. It never rejects: a failed write emits `fault`, and is retried. */
  flush(): Promise<void>;
  /** Flushes pending writes, stops timers and unsubscribes from the bus. The database stays open: it is yours. */
  close(): Promise<void>;
}

import type { Transaction } from 'kysely';
import { createProcessBus } from '../bus/process-bus.ts';
import { createSessionCache } from '../cache/session-cache.ts';
import { directConnectionOf } from '../drivers/app-database.ts';
import type { CallerInfo } from '../session/caller.ts';
import { liveSince } from '../session/liveness.ts';
import type { LastSeenInput, SessionPage, SessionPageInput } from '../session/page.ts';
import type { Session } from '../session/session.ts';
import { plainDatabase } from '../store/plain-database.ts';
import { createStore } from '../store/store.ts';
import { createTimeLimit } from '../store/time-limit.ts';
import { createTokens } from '../token/access-token.ts';
import { publicKeysOf, type PublicKeys } from '../token/public-keys.ts';
import { createVerifiedTokens } from '../token/verified-tokens.ts';
import { createChangeCredentials, type CredentialsChange } from './change-credentials.ts';
import { createChanges, type SessionChanges } from './changes.ts';
import { createEvents, type SessionEvents } from './events.ts';
import { createHistory, type SessionHistory } from './history.ts';
import { createIssue, type IssuedSession, type IssueInput, type IssueOptions } from './issue.ts';
import { createLastSeenWrites } from './last-seen.ts';
import { createLists, type GetInput } from './list.ts';
import { readOptions, type SessionManagerOptions } from './options.ts';
import { createPurges, type PurgeOptions } from './purge.ts';
import { createRevokeIssuedBefore, type IssuedBefore } from './revoke-issued-before.ts';
import { createRevocations, type RevokeOptions } from './revoke.ts';
import { requireUserId } from './user-id.ts';
import { createGuardSignIns, type SignInGuard, type SignInGuardOptions } from './sign-in-guard.ts';
import { createVerify, type VerifiedSession, type VerifyOptions, type VerifyParts } from './verify.ts';

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
   * what `change` returns.
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

/** How many verified tokens are cached without a `cache` option. They take about ten megabytes. */
const defaultTokenCacheSize = 10_000;

/**
 * Creates the session manager of an app.
 *
 * @throws {TypeError | RangeError} an option is wrong: the message names it
 *
 * @example
 * ```ts
 * import { createSessionManager, migrateToLatest } from '@trpc-sessions/core';
 *
 * await migrateToLatest(db);
 * const manager = createSessionManager({ db, keys: process.env.SESSION_SECRET!, lifetime: '30d' });
 *
 * const { token } = await manager.issue({ userId: '42' });
 * const { session } = await manager.verify(token);
 * ```
 */
export function createSessionManager<TDatabase>(options: SessionManagerOptions<TDatabase>): SessionManager<TDatabase> {
  const settings = readOptions(options);
  const { dialect, clock } = settings;
  const db = plainDatabase(settings.db);
  const readDb = plainDatabase(settings.readDb);

  const limitTime = createTimeLimit(settings.databaseTimeout);
  const store = createStore(db, dialect, settings.table, {
    readDb,
    direct: directConnectionOf(settings.db),
    readDirect: directConnectionOf(settings.readDb),
    limitTime,
    lookUpData: settings.lookUpData,
    history: settings.history,
  });
  const tokens = createTokens(settings);
  const events = createEvents();
  const { verifyToken, tokensOf } = createVerifiedTokens(tokens, {
    clockTolerance: settings.clockTolerance,
    max: settings.cache?.max ?? defaultTokenCacheSize,
  });
  const cache = settings.cache && createSessionCache(settings.cache, clock, tokensOf);
  const lastSeen = createLastSeenWrites(
    store,
    settings.touchDelay,
    (error) => events.emit('fault', { task: 'last-seen', error }),
    settings.waitUntil,
  );
  const revocations = createRevocations({
    store,
    limitTime,
    cache,
    // Frameworks load the module of a manager several times in one process.
    bus: settings.bus ?? createProcessBus(),
    isBusOfDatabase: settings.bus !== undefined,
    scope: settings.table.table,
    events,
    clock,
  });
  const history = createHistory(store, events, clock);
  const issue = createIssue({ store, limitTime, tokens, verifyToken, lastSeen, revocations, events }, settings);
  const changes = createChanges(
    { store, tokens, verifyToken, findEnd: (token) => history.findEnd(token), lastSeen, revocations },
    settings,
  );
  const changeCredentials = createChangeCredentials(settings.db, store, revocations, clock);
  const lists = createLists({ store, lastSeen }, settings);
  const verifyParts: VerifyParts = {
    verifyToken,
    find: (id) => store.find(id),
    cache,
    lastSeen,
    findEnd: (token) => history.findEnd(token),
    onRefused({ reason }, caller) {
      const { userAgent = null, clientHints = null } = caller ?? {};
      const ip = settings.readIp(caller?.ip);
      events.emit('rejected', { reason, caller: caller === undefined ? null : { ip, userAgent, clientHints } });
    },
  };
  const verify = createVerify(verifyParts, settings);
  const verifyUnseen = createVerify(verifyParts, { ...settings, touchInterval: Infinity });
  let requests = 0;
  const purges = createPurges({
    async deleteChunk(limit) {
      // A session that was seen a moment ago has not gone idle.
      await lastSeen.flushBriefly();
      return store.purge(liveSince(clock(), settings), limit);
    },
    isBlocking: !dialect.isRemote,
    countRequests: () => requests,
    onPurged: (count) => events.emit('purged', { count }),
    onFault: (error) => events.emit('fault', { task: 'purge', error }),
  });

  return {
    issue,
    verify(token, caller, verifyOptions) {
      requests += 1;
      return verifyOptions?.lastSeen === false ? verifyUnseen(token, caller) : verify(token, caller);
    },
    ...lists,
    ...changes,
    revoke: async ({ userId, id }, writeOptions) =>
      (await revocations.revokeMany({ userId, ids: [id] }, writeOptions)) > 0,
    revokeMany: (input, writeOptions) => revocations.revokeMany(input, writeOptions),
    revokeOthers: (input, writeOptions) => revocations.revokeOthers(input, writeOptions),
    revokeAll: (userId, writeOptions) => revocations.revokeAll(userId, writeOptions),
    revokeIssuedBefore: createRevokeIssuedBefore({ store, revocations, clock }),
    changeCredentials,
    async recheckAccount(userId) {
      requireUserId(userId);
      revocations.announcePossible({ userId });
      events.emit('missed', { userId });
    },
    hasBus: settings.bus !== undefined,
    listEnded: (input) => history.listEnded(input),
    forgetUser: (userId) => history.forgetUser(userId),
    signInMark: () => store.mark(),
    guardSignIns: createGuardSignIns({ attempts: store.attempts, numbers: store.markNumbers, events }, settings),
    purgeExpired: (purgeOptions) => purges.run(purgeOptions),
    publicKeys: () => publicKeysOf(settings.keys.all),
    now: clock,
    on: (event, listener) => events.on(event, listener),
    flush: () => lastSeen.flush(),
    async close() {
      try {
        await purges.stop();
        // A write that takes longer goes on, and the event `fault` reports it.
        await limitTime(() => lastSeen.stop()).catch(() => {});
      } finally {
        await revocations.stop();
      }
    },
  };
}

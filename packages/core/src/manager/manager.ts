import type { Kysely, Transaction } from 'kysely';
import { createBroadcast } from '../bus/broadcast.ts';
import { createLiveSessions } from '../cache/session-cache.ts';
import { readIp, readUserAgent, type CallerInfo } from '../session/caller.ts';
import type { DeviceInput } from '../session/device.ts';
import { readDevice } from '../session/read-device.ts';
import type { EndedSessions } from '../session/ended-sessions.ts';
import { isSessionError, SessionError, SessionUsageError } from '../errors.ts';
import { createEvents, type RevokedEvent, type SessionEvents } from './events.ts';
import { createLookupId, isSessionId, sessionIdOf } from '../token/lookup-id.ts';
import { readOptions, type SessionManagerOptions } from './options.ts';
import type { SessionsDatabase } from '../store/schema.ts';
import { sessionOf, type Session } from '../session/session.ts';
import { createStore, type LiveSince, type NewRow } from '../store/store.ts';
import { cursorAfter, readPage, type PageInput, type SessionPage } from '../session/page.ts';
import { createPurges, type PurgeOptions } from './purge.ts';
import { createTokens } from '../token/access-token.ts';
import { createTouches } from './last-seen.ts';
import { createVerifiedTokens } from '../token/verified-tokens.ts';
import { createVerify, type VerifiedSession } from './verify.ts';

/** What {@link SessionManager.issue} takes. */
export interface IssueInput {
  /** Of 1 to 255 characters. */
  readonly userId: string;
  /** The app's own claims, for every request to read without the database. Anyone who holds the token can read them. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** Who is signing in. */
  readonly caller?: Partial<CallerInfo> | undefined;
  /** What the client says of its device. */
  readonly device?: DeviceInput | undefined;
}

/** How {@link SessionManager.issue} writes. */
export interface IssueOptions<TDatabase> {
  /**
   * A transaction of the app's own, so that signing up and signing in commit together. Events, and what they say of sessions
   * that made room, are told when `issue` returns: before the transaction commits, or is undone.
   */
  readonly trx?: Transaction<TDatabase> | undefined;
}

/** A new session and the token that opens it. */
export interface IssuedSession {
  readonly token: string;
  readonly session: Session;
}

/** Issues, verifies, lists and ends sessions. */
export interface SessionManager {
  /**
   * Signs a user in: writes a session and signs its token. The token is shown once and stored nowhere.
   *
   * @throws {SessionUsageError} the user id is not a text, or the claims are none: one would overwrite a registered one, is
   *   no JSON, or they are too large
   * @throws {RangeError} the function `maxSessionsPerUser` gave no whole number of at least 1
   */
  issue<TDatabase>(input: IssueInput, options?: IssueOptions<TDatabase>): Promise<IssuedSession>;
  /**
   * Lets a request in, or throws: first the token's shape, then its signature and claims, then its row, so that nothing
   * unsigned reaches the database.
   *
   * @param caller who is asking: the IP address it was last seen from
   * @throws {SessionError} `missing_token`, `malformed_token`, `invalid_token`, `expired_token`, `revoked_session` or `idle_session`
   * @throws whatever the database throws: that is a fault, not "signed out"
   */
  verify(token: string | null | undefined, caller?: Partial<CallerInfo>): Promise<VerifiedSession>;
  /** A user's sessions, the most recently seen first. */
  list(userId: string): Promise<Session[]>;
  /**
   * A page of them.
   *
   * @throws {RangeError} `limit` is not a whole number of at least 1
   * @throws {SessionUsageError} `cursor` is not one that an earlier page gave
   */
  list(userId: string, page: PageInput): Promise<SessionPage>;
  /** One session of a user; `null` when the user has no such session. */
  get(input: { readonly userId: string; readonly id: string }): Promise<Session | null>;
  /** Ends one session of a user. `false` when the user has no such session. */
  revoke(input: { readonly userId: string; readonly id: string }): Promise<boolean>;
  /** Ends some sessions of a user. Returns how many of the ids were the user's. */
  revokeMany(input: { readonly userId: string; readonly ids: readonly string[] }): Promise<number>;
  /**
   * Ends every session of a user but one, which must be live: an id that is not one of the user's ends nothing. Returns how
   * many.
   *
   * @throws {SessionError} `revoked_session`: the current one has itself been ended, by another that did the same
   */
  revokeOthers(input: { readonly userId: string; readonly currentId: string }): Promise<number>;
  /** Ends every session of a user: signs the user out everywhere. Returns how many. */
  revokeAll(userId: string): Promise<number>;
  /**
   * Deletes the rows of sessions that have expired or gone idle, a bounded chunk at a time. Returns how many.
   *
   * @throws {RangeError} an option is out of range
   * @throws {Error} the manager is closed, or the database forbids it
   */
  purgeExpired(options?: PurgeOptions): Promise<number>;
  /** Listens. Returns a function that stops listening. A listener that throws harms no request. */
  on<TName extends keyof SessionEvents>(event: TName, listener: (event: SessionEvents[TName]) => void): () => void;
  /** Writes what waits to be written, and stops listening to the bus. The database stays open: it is yours. */
  close(): Promise<void>;
}

const maxUserIdLength = 255;
/** Tokens that need no cryptography again, where no cache says how many: ten megabytes. */
const rememberedTokens = 10_000;

/**
 * Makes the session manager of an app.
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
export function createSessionManager<TDatabase>(options: SessionManagerOptions<TDatabase>): SessionManager {
  const settings = readOptions(options);
  const { dialect, clock, lifetime, idleTimeout, clockTolerance, maxSessions } = settings;
  const db = withoutTypes(options.db);
  const readDb = options.readDb === undefined ? db : withoutTypes(options.readDb);
  const store = createStore(db, dialect, settings.table, readDb);
  const tokens = createTokens(settings);
  const events = createEvents();
  const touches = createTouches(store, settings.touchDelay, (error) => events.emit('fault', { task: 'touch', error }));
  let requests = 0;
  const purges = createPurges({
    async deleteChunk(limit) {
      // Who was seen a moment ago has not gone idle.
      await touches.settle();
      return store.deleteDead(liveSince(clock()), limit);
    },
    isBlocking: !dialect.isRemote,
    countRequests: () => requests,
    onPurged: (count) => events.emit('purged', { count }),
    onFault: (error) => events.emit('fault', { task: 'purge', error }),
  });
  const live = settings.cache && createLiveSessions(settings.cache, clock);
  const broadcast = createBroadcast(settings.bus, {
    connected: () => live?.trust(),
    disconnected: () => live?.distrust(),
    ended({ ended, isPending = false }) {
      forget(ended, isPending);
      events.emit('ended', ended);
    },
    unknown: () => live?.clear(),
    fault: (error) => events.emit('fault', { task: 'bus', error }),
  });

  const liveSince = (now: number): LiveSince => ({
    now: now - clockTolerance,
    seenAfter: idleTimeout === Infinity ? 0 : now - idleTimeout,
  });

  const verify = createVerify(
    {
      verifyToken: createVerifiedTokens(tokens, { clockTolerance, max: settings.cache?.max ?? rememberedTokens }),
      find: (id) => store.find(id),
      live,
      touches,
      onRefused(error, caller) {
        if (!isSessionError(error)) return;
        const { ip = null, userAgent = null, clientHints = null } = caller ?? {};
        const info = caller === undefined ? null : { ip, userAgent, clientHints };
        events.emit('rejected', { reason: error.reason, caller: info });
      },
    },
    settings,
  );

  function forget(ended: EndedSessions, isPending: boolean): void {
    if (isPending) live?.doubt(ended);
    else live?.forget(ended);
  }

  /**
   * The rows are gone, or will be with a transaction: nobody is let in by memory from here on. A revocation neither waits for
   * the bus nor fails with it.
   */
  function revoked(count: number, event: Omit<RevokedEvent, 'count'>, isPending = false): number {
    const ended = endedOf(event);
    forget(ended, isPending);
    if (count === 0) return 0;
    broadcast.publish({ ended, ...(isPending && { isPending }) });
    events.emit('revoked', { ...event, count });
    events.emit('ended', ended);
    return count;
  }

  /** A database whose answer was lost may have done it: everybody asks it again. */
  function mayBeRevoked(ended: EndedSessions): void {
    live?.forget(ended);
    broadcast.publish({ ended });
  }

  async function list(userId: string): Promise<Session[]>;
  async function list(userId: string, page: PageInput): Promise<SessionPage>;
  async function list(userId: string, page?: PageInput): Promise<Session[] | SessionPage> {
    requireUserId(userId);
    const ask = page && readPage(page);
    await touches.settle();
    const rows = await store.list(userId, liveSince(clock()), ask);
    if (page === undefined) return rows.map((row) => sessionOf(row.id, row));
    const sessions = rows.slice(0, page.limit).map((row) => sessionOf(row.id, row));
    return { sessions, nextCursor: rows.length > page.limit ? cursorAfter(sessions) : null };
  }

  async function revoke(deleting: Promise<number>, event: Omit<RevokedEvent, 'count'>): Promise<number> {
    try {
      return revoked(await deleting, event);
    } catch (error) {
      if (!isSessionError(error)) mayBeRevoked(endedOf(event));
      throw error;
    }
  }

  async function revokeMany({ userId, ids }: Parameters<SessionManager['revokeMany']>[0]): Promise<number> {
    requireUserId(userId);
    const possible = ids.filter(isSessionId);
    if (possible.length === 0) return 0;
    return revoke(store.deleteMany(userId, possible), { userId, ids: possible, cause: 'revoked' });
  }

  async function deleteOthers(userId: string, currentId: string): Promise<number> {
    const count = isSessionId(currentId) ? await store.deleteOthers(userId, currentId) : undefined;
    if (count !== undefined) return count;
    live?.forget({ userId, ids: [currentId] });
    throw new SessionError('revoked_session');
  }

  return {
    async issue({ userId, claims = {}, caller, device }, { trx } = {}) {
      requireUserId(userId);
      const now = clock();
      const lookupId = createLookupId();
      const id = sessionIdOf(lookupId);
      // The token and the row end at the same second.
      const expiresAt = Math.floor((now + lifetime) / 1000);
      const token = tokens.sign({ lookupId, userId, issuedAt: Math.floor(now / 1000), expiresAt }, claims);
      const { userAgent = null, clientHints = null } = caller ?? {};
      const ip = readIp(caller?.ip);
      const row: NewRow = {
        id,
        user_id: userId,
        created_at: now,
        expires_at: expiresAt * 1000,
        ip,
        user_agent: readUserAgent(userAgent),
        device: JSON.stringify(readDevice({ userAgent, clientHints }, device)),
      };
      const max = (await maxSessions?.(userId)) ?? Infinity;
      const cap =
        max === Infinity ? undefined : { max, live: liveSince(now), seenAt: (seen: string) => touches.seenAt(seen) };
      let evicted: readonly string[];
      try {
        evicted = await store.insert(row, cap, trx && withoutTypes(trx));
      } catch (error) {
        if (cap !== undefined) mayBeRevoked({ userId });
        throw error;
      }
      const session = sessionOf(id, { ...row, created_ip: ip, last_seen_at: now });
      events.emit('created', { session });
      revoked(evicted.length, { userId, ids: evicted, cause: 'evicted' }, trx !== undefined);
      return { token, session };
    },

    verify(token, caller) {
      requests += 1;
      return verify(token, caller);
    },
    list,

    async get({ userId, id }) {
      requireUserId(userId);
      if (!isSessionId(id)) return null;
      await touches.settle();
      const row = await store.get(userId, id, liveSince(clock()));
      return row === undefined ? null : sessionOf(id, row);
    },

    revoke: async ({ userId, id }) => (await revokeMany({ userId, ids: [id] })) > 0,
    revokeMany,
    async revokeOthers({ userId, currentId }) {
      requireUserId(userId);
      return revoke(deleteOthers(userId, currentId), { userId, exceptId: currentId, cause: 'others' });
    },
    async revokeAll(userId) {
      requireUserId(userId);
      return revoke(store.deleteAll(userId), { userId, cause: 'all' });
    },

    purgeExpired: (purgeOptions) => purges.run(purgeOptions),

    on: (event, listener) => events.on(event, listener),
    async close() {
      try {
        await purges.stop();
        await touches.flush();
      } finally {
        const stopped = broadcast.stop();
        // Nobody tells of endings any longer.
        live?.distrust();
        await stopped;
      }
    },
  };
}

/** One that every database keeps as it is: texts that differ must not become the same. */
function requireUserId(userId: unknown): asserts userId is string {
  if (typeof userId === 'string' && userId !== '' && userId.length <= maxUserIdLength && isStorable(userId)) return;
  throw new SessionUsageError(
    `userId: expected a text of 1 to ${maxUserIdLength} characters; write a number as String(id)`,
  );
}

function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

function endedOf({ userId, ids, exceptId }: Omit<RevokedEvent, 'count'>): EndedSessions {
  return { userId, ...(ids !== undefined && { ids }), ...(exceptId !== undefined && { exceptId }) };
}

/**
 * The app's database as it is in SQL: an app's plugins may rename its columns, and its types know the sessions table
 * under such names, or not at all.
 */
function withoutTypes<TDatabase>(db: Kysely<TDatabase>): Kysely<SessionsDatabase> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
  return db.withoutPlugins() as unknown as Kysely<SessionsDatabase>;
}

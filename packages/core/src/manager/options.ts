import type { Kysely } from 'kysely';
import type { Bus } from '../bus/bus.ts';
import { createLateBus } from '../bus/late-bus.ts';
import type { MemoryCache } from '../cache/memory-cache.ts';
import { kyselyOf, type AppDatabase } from '../drivers/app-database.ts';
import { hasFunctions } from '../drivers/has-functions.ts';
import { parseDuration, parseTimeout, type Duration } from '../duration.ts';
import { CallbackError, isSessionError, SessionUsageError } from '../errors.ts';
import { requireKnownOptions } from '../known-options.ts';
import { createReadIp, type IpMode, type ReadIp } from '../session/ip-mode.ts';
import { detectDialect } from '../store/detect-dialect.ts';
import type { Dialect } from '../store/dialect.ts';
import { parseTableName, type TableName } from '../store/table-name.ts';
import type { KeyRing } from '../token/keys.ts';
import { isLate, readKeys, type KeysOption } from '../token/late-keys.ts';
import { readRecipient } from '../token/token-rules.ts';

/** Decides how many live sessions a user may have. */
export type MaxSessions = (
  userId: string,
  signIn: { readonly claims: Readonly<Record<string, unknown>> },
) => number | Promise<number>;

/** The options of {@link createSessionManager}. */
export interface SessionManagerOptions<TDatabase> {
  /**
   * The app's database: a `Database` of better-sqlite3, a `Pool` of `pg`, a pool of `mysql2`, or a Kysely, whatever its plugins. If
   * the app has a Kysely on SQLite, pass that: two on one connection would mix their transactions.
   */
  readonly db: AppDatabase<TDatabase>;
  /**
   * Another connection to the same database, for look-ups and lists. On SQLite, a look-up on `db` waits for the app's open
   * transaction there. Not a replica: one that lags accepts revoked sessions. @defaultValue `db`
   */
  readonly readDb?: AppDatabase<TDatabase> | undefined;
  /**
   * An HS256 secret of at least 32 bytes, or a list of keys: the first signs, all verify. To rotate, put a new one first. A
   * function is called for the first token, and a missing secret is an error then: a module may be imported while a framework
   * builds the app. The bus is connected with that first token too.
   */
  readonly keys: KeysOption;
  /** The `iss` of tokens, which is also required of them (RFC 7519 §4.1.1). @defaultValue not set, not checked */
  readonly issuer?: string | undefined;
  /** The `aud` of tokens. A token must have one of them (RFC 7519 §4.1.3). @defaultValue not set, not checked */
  readonly audience?: string | readonly string[] | undefined;
  /** How long a session lasts, used or not: the token's `exp` and the row's expiry. @defaultValue `'30d'` */
  readonly lifetime?: Duration | undefined;
  /** How long a session may be unused before it is refused. @defaultValue no limit */
  readonly idleTimeout?: Duration | undefined;
  /**
   * Last-seen is written at most this often per session. It must be shorter than `idleTimeout`: otherwise a session in use
   * would go idle. @defaultValue `'1m'`, or a tenth of `idleTimeout` if that is shorter
   */
  readonly touchInterval?: Duration | undefined;
  /**
   * When last-seen is written. `'batched'`: many in one query, within a second after the request. `'inline'`: before `verify`
   * resolves, which waits for at most a second. It is for platforms that stop or freeze a process after its response and have no
   * `waitUntil`. @defaultValue `'batched'`
   */
  readonly lastSeenWrites?: 'batched' | 'inline' | undefined;
  /**
   * The function of a serverless platform that keeps a request's process alive until a promise resolves. It is called for
   * each last-seen write that is queued. @defaultValue none
   */
  readonly waitUntil?: ((pending: Promise<void>) => void) | undefined;
  /**
   * The most live sessions of a user: the least recently seen one is evicted. `Infinity` for no limit. A function decides for
   * each user who signs in, with the claims of the new token. @defaultValue `100`
   */
  readonly maxSessionsPerUser?: number | MaxSessions | undefined;
  /** How far clocks may differ, for `exp` and `nbf`. Rounded up to seconds. @defaultValue `'0s'` */
  readonly clockTolerance?: Duration | undefined;
  /**
   * How long a call waits for the database, look-ups included. A call that waited longer throws an error, and a write that
   * was still waiting for its connection never runs. @defaultValue `'10s'`
   */
  readonly databaseTimeout?: Duration | undefined;
  /**
   * How much of an IP address is stored: all of it, its network (24 bits of an IPv4 address, 48 of an IPv6 address), or nothing. It
   * also holds for events. Rows that exist keep theirs until they are next seen. @defaultValue `'full'`
   */
  readonly ip?: IpMode | undefined;
  /** Whether `verify` reads a session's data too, so that `ctx.session.data` has it. @defaultValue `false` */
  readonly lookUpData?: boolean | undefined;
  /** Caches live sessions in memory: `memoryCache({ max })`. It needs a `bus` or a guard. @defaultValue no cache */
  readonly cache?: MemoryCache | undefined;
  /** Publishes revoked sessions to the other processes. @defaultValue no bus */
  readonly bus?: Bus | undefined;
  /**
   * The table, with its schema if it has one: `'auth.sessions'`. SQLite has none. Pass the same to `migrateToLatest`.
   * @defaultValue `'sessions'`
   */
  readonly table?: string | undefined;
  /**
   * Whether it is recorded how a session ended: its device, its addresses, the cause and by whom. Its refusals then say so, until its
   * token expires, and for at most 30 days. `false` records nothing. @defaultValue `true`
   */
  readonly history?: boolean | undefined;
  /** The time in milliseconds since 1970. There is no other clock. @defaultValue `Date.now` */
  readonly clock?: (() => number) | undefined;
}

const known: Readonly<Record<keyof SessionManagerOptions<unknown>, true>> = {
  db: true,
  readDb: true,
  keys: true,
  issuer: true,
  audience: true,
  lifetime: true,
  idleTimeout: true,
  touchInterval: true,
  lastSeenWrites: true,
  waitUntil: true,
  maxSessionsPerUser: true,
  clockTolerance: true,
  databaseTimeout: true,
  ip: true,
  lookUpData: true,
  cache: true,
  bus: true,
  table: true,
  history: true,
  clock: true,
};

/** The options as the manager uses them. Times are in milliseconds. */
export interface Settings<TDatabase = unknown> {
  readonly db: Kysely<TDatabase>;
  readonly readDb: Kysely<TDatabase>;
  readonly dialect: Dialect;
  readonly keys: KeyRing;
  readonly issuer: string | undefined;
  readonly audience: string | readonly string[] | undefined;
  readonly lifetime: number;
  /** `Infinity` for none. */
  readonly idleTimeout: number;
  readonly touchInterval: number;
  /** How long a last-seen write may wait to share its query with others. */
  readonly touchDelay: number;
  /** Whether a request waits for its last-seen write. */
  readonly writesInline: boolean;
  readonly waitUntil: ((pending: Promise<void>) => void) | undefined;
  readonly clockTolerance: number;
  readonly databaseTimeout: number;
  readonly readIp: ReadIp;
  readonly lookUpData: boolean;
  /** `undefined` for no limit. */
  readonly maxSessions: ((...user: Parameters<MaxSessions>) => Promise<number>) | undefined;
  readonly cache: MemoryCache | undefined;
  readonly bus: Bus | undefined;
  readonly table: TableName;
  readonly history: boolean;
  readonly clock: () => number;
}

const minute = 60_000;
const touchDelay = 50;
const defaultMaxSessions = 100;
/** With a guard, every write empties the cache, ours included: fewer writes are worth the wait. */
const guardedTouchDelay = 1000;

/**
 * Reads and checks the options.
 *
 * @throws {TypeError | RangeError} an option is unknown or wrong: the message names it, and the values to use instead
 */
export function readOptions<TDatabase>(options: SessionManagerOptions<TDatabase>): Settings<TDatabase> {
  requireKnownOptions('createSessionManager', options, known);
  const { lastSeenWrites, waitUntil, maxSessionsPerUser, cache, bus, clock } = options;
  requireCacheAndBus(cache, bus);
  const lateBus = bus !== undefined && isLate(options.keys) ? createLateBus(bus) : undefined;
  const db = kyselyOf('db', options.db);
  const lifetime = parseDuration('lifetime', options.lifetime ?? '30d', 1000);
  const idleTimeout = options.idleTimeout === undefined ? Infinity : parseDuration('idleTimeout', options.idleTimeout);
  const touchInterval =
    options.touchInterval === undefined
      ? Math.min(minute, idleTimeout / 10)
      : parseDuration('touchInterval', options.touchInterval, 0);
  if (touchInterval >= idleTimeout) {
    throw new RangeError('touchInterval: must be shorter than idleTimeout, or sessions in use would go idle');
  }
  if (cache !== undefined && cache.guard === undefined && bus === undefined) {
    throw new TypeError(
      'cache: needs a bus, such as redisBus(client), that delivers revocations by other processes; use localBus() for a single process',
    );
  }
  if (waitUntil !== undefined && typeof waitUntil !== 'function') {
    throw new TypeError('waitUntil: expected a function that takes a promise');
  }
  if (clock !== undefined && typeof clock !== 'function')
    throw new TypeError('clock: expected a function that returns milliseconds');
  const dialect = detectDialect(db);
  return Object.freeze({
    db,
    readDb: options.readDb === undefined ? db : kyselyOf('readDb', options.readDb),
    dialect,
    keys: readKeys(options.keys, () => lateBus?.start()),
    ...readRecipient(options),
    lifetime,
    idleTimeout,
    touchInterval,
    touchDelay: cache?.guard === undefined ? touchDelay : Math.min(guardedTouchDelay, touchInterval),
    writesInline: readLastSeenWrites(lastSeenWrites) === 'inline',
    waitUntil,
    clockTolerance: parseDuration('clockTolerance', options.clockTolerance ?? '0s', 0),
    databaseTimeout: parseTimeout('databaseTimeout', options.databaseTimeout ?? '10s'),
    readIp: createReadIp(readIpMode(options.ip)),
    lookUpData: readFlag('lookUpData', options.lookUpData),
    maxSessions: readCap(maxSessionsPerUser ?? defaultMaxSessions),
    cache,
    bus: lateBus ?? bus,
    table: parseTableName(options.table, dialect.name),
    history: readHistory(options.history),
    clock: readClock(clock),
  });
}

/** Of plain JavaScript: `null` for none would leave a cache without the messages that it needs. */
function requireCacheAndBus(cache: unknown, bus: unknown): void {
  if (cache !== undefined && !(typeof cache === 'object' && cache !== null && 'max' in cache && 'maxAge' in cache)) {
    throw new TypeError('cache: expected memoryCache(…); leave it out for none');
  }
  if (bus !== undefined && !hasFunctions(bus, 'publish', 'subscribe')) {
    throw new TypeError('bus: expected redisBus(…), postgresBus(…), localBus() or another Bus; leave it out for none');
  }
}

/** Whole milliseconds, as in columns and cursors. `Date.now` is read at each call: tests replace it. */
function readClock(clock: SessionManagerOptions<unknown>['clock']): () => number {
  if (clock === undefined) return () => Date.now();
  return () => {
    const now = readTime(clock);
    if (typeof now === 'number' && Number.isFinite(now)) return Math.floor(now);
    // Of an asynchronous function: a rejection would end the process.
    if (now instanceof Promise) now.catch(() => {});
    throw new SessionUsageError(`clock: expected it to return milliseconds, got ${describe(now)}`);
  };
}

function readTime(clock: () => unknown): unknown {
  try {
    return clock();
  } catch (error) {
    throw isSessionError(error) ? error : new CallbackError('clock', error);
  }
}

function describe(value: unknown): string {
  return typeof value === 'number'
    ? String(value)
    : value instanceof Promise
      ? 'a promise'
      : `a value of type ${typeof value}`;
}

function readHistory(history: unknown = true): boolean {
  if (typeof history === 'boolean') return history;
  throw new TypeError('history: expected true or false');
}

function readLastSeenWrites(writes: 'batched' | 'inline' = 'batched'): 'batched' | 'inline' {
  if (writes === 'batched' || writes === 'inline') return writes;
  throw new TypeError(`lastSeenWrites: expected 'batched' or 'inline', got ${String(writes)}`);
}

function readIpMode(mode: IpMode = 'full'): IpMode {
  if (mode === 'full' || mode === 'truncated' || mode === 'off') return mode;
  throw new TypeError(`ip: expected 'full', 'truncated' or 'off', got ${String(mode)}`);
}

function readFlag(option: string, flag = false): boolean {
  if (typeof flag === 'boolean') return flag;
  throw new TypeError(`${option}: expected true or false, got ${String(flag)}`);
}

function readCap(cap: NonNullable<SessionManagerOptions<unknown>['maxSessionsPerUser']>): Settings['maxSessions'] {
  if (cap === Infinity) return undefined;
  if (typeof cap === 'function') return async (...user) => requireCap(await callForCap(() => cap(...user)));
  const fixed = requireCap(cap);
  return () => Promise.resolve(fixed);
}

/** A refusal of the function's own passes. */
async function callForCap(call: () => number | Promise<number>): Promise<number> {
  try {
    return await call();
  } catch (error) {
    throw isSessionError(error) ? error : new CallbackError('maxSessionsPerUser', error);
  }
}

function requireCap(cap: number): number {
  if ((Number.isInteger(cap) && cap >= 1) || cap === Infinity) return cap;
  throw new RangeError(`maxSessionsPerUser: expected a whole number of at least 1, got ${String(cap)}`);
}

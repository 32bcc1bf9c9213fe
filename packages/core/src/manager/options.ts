import type { Kysely } from 'kysely';
import type { Bus } from '../bus/bus.ts';
import type { MemoryCache } from '../cache/memory-cache.ts';
import type { Dialect } from '../store/dialect.ts';
import { detectDialect } from '../store/detect-dialect.ts';
import { parseDuration, type Duration } from '../duration.ts';
import { createKeyRing, type KeyRing, type Keys } from '../token/keys.ts';
import { parseTableName, type TableName } from '../store/table-name.ts';

/** What {@link createSessionManager} takes. */
export interface SessionManagerOptions<TDatabase> {
  /** The app's own Kysely instance, whatever plugins it carries; or one of its own. */
  readonly db: Kysely<TDatabase>;
  /**
   * What look-ups and lists ask: another connection to the same database, as on SQLite, where every look-up waits for the
   * app's open transaction on `db`. Not a replica: one that lags lets in who was signed out. @defaultValue `db`
   */
  readonly readDb?: Kysely<TDatabase> | undefined;
  /** An HS256 secret of at least 32 bytes, or a list of keys: the first signs, all verify. To rotate, put a new one first. */
  readonly keys: Keys;
  /** The `iss` of tokens, and the one a token must have (RFC 7519 §4.1.1). @defaultValue not set, not checked */
  readonly issuer?: string | undefined;
  /** The `aud` of tokens, and one of which a token must have (RFC 7519 §4.1.3). @defaultValue not set, not checked */
  readonly audience?: string | readonly string[] | undefined;
  /** How long a session lasts, used or not: the token's `exp` and the row's expiry. @defaultValue `'30d'` */
  readonly lifetime?: Duration | undefined;
  /** Unused for this long, a session ends. @defaultValue never */
  readonly idleTimeout?: Duration | undefined;
  /**
   * Last-seen is written at most this often per session. Must be shorter than `idleTimeout`, or a session in use would end.
   * @defaultValue `'1m'`, or a tenth of `idleTimeout` where that is shorter
   */
  readonly touchInterval?: Duration | undefined;
  /** The most sessions a user may have: the least recently seen one makes room. @defaultValue no limit */
  readonly maxSessionsPerUser?: number | ((userId: string) => number | Promise<number>) | undefined;
  /** How far clocks may differ, for `exp` and `nbf`. Rounded up to seconds. @defaultValue `'0s'` */
  readonly clockTolerance?: Duration | undefined;
  /** Keeps live sessions in memory: `memoryCache({ max })`. It needs a `bus`, or a guard. @defaultValue the database is always asked */
  readonly cache?: MemoryCache | undefined;
  /** Tells the other processes which sessions were ended. @defaultValue nobody is told */
  readonly bus?: Bus | undefined;
  /**
   * The table, with its schema if it has one: `'auth.sessions'`. SQLite has none. Give the same to `migrateToLatest`.
   * @defaultValue `'sessions'`
   */
  readonly table?: string | undefined;
  /** The time, in milliseconds since 1970: the only clock there is. @defaultValue `Date.now` */
  readonly clock?: (() => number) | undefined;
}

/** The options once read: all that the manager looks at from then on. Times are in milliseconds. */
export interface Settings {
  readonly dialect: Dialect;
  readonly keys: KeyRing;
  readonly issuer: string | undefined;
  readonly audience: string | readonly string[] | undefined;
  readonly lifetime: number;
  /** `Infinity` where there is none. */
  readonly idleTimeout: number;
  readonly touchInterval: number;
  /** How long a last-seen write may wait for others to share it. */
  readonly touchDelay: number;
  readonly clockTolerance: number;
  readonly maxSessions: ((userId: string) => Promise<number>) | undefined;
  readonly cache: MemoryCache | undefined;
  readonly bus: Bus | undefined;
  readonly table: TableName;
  readonly clock: () => number;
}

const minute = 60_000;
const touchDelay = 50;
/** Under a guard each write, also one of ours, empties the cache: they are worth waiting for. */
const guardedTouchDelay = 1000;

/**
 * Reads and checks the options.
 *
 * @throws {TypeError | RangeError} naming the option that is wrong, and what to write instead
 */
export function readOptions<TDatabase>(options: SessionManagerOptions<TDatabase>): Settings {
  const { issuer, audience, maxSessionsPerUser, cache, bus, clock } = options;
  if (typeof options.db?.selectFrom !== 'function') throw new TypeError('db: expected a Kysely instance');
  const lifetime = parseDuration('lifetime', options.lifetime ?? '30d', 1000);
  const idleTimeout = options.idleTimeout === undefined ? Infinity : parseDuration('idleTimeout', options.idleTimeout);
  const touchInterval =
    options.touchInterval === undefined
      ? Math.min(minute, idleTimeout / 10)
      : parseDuration('touchInterval', options.touchInterval, 0);
  if (touchInterval >= idleTimeout) {
    throw new RangeError('touchInterval: must be shorter than idleTimeout, or sessions in use would end as idle');
  }
  if (issuer !== undefined && (typeof issuer !== 'string' || issuer === '')) {
    throw new TypeError('issuer: expected a text; leave it out to check none');
  }
  if (audience !== undefined && !isAudience(audience)) {
    throw new TypeError('audience: expected a text or a list of texts; leave it out to check none');
  }
  if (cache !== undefined && cache.guard === undefined && bus === undefined) {
    throw new TypeError(
      'cache: needs a bus that tells of sessions ended elsewhere, such as redisBus(client); localBus() where there is one process',
    );
  }
  if (clock !== undefined && typeof clock !== 'function')
    throw new TypeError('clock: expected a function that returns milliseconds');
  const dialect = detectDialect(options.db);
  return Object.freeze({
    dialect,
    keys: createKeyRing(options.keys),
    issuer,
    audience,
    lifetime,
    idleTimeout,
    touchInterval,
    touchDelay: cache?.guard === undefined ? touchDelay : Math.min(guardedTouchDelay, touchInterval),
    clockTolerance: parseDuration('clockTolerance', options.clockTolerance ?? '0s', 0),
    maxSessions: readCap(maxSessionsPerUser),
    cache,
    bus,
    table: parseTableName(options.table, dialect.name),
    clock: readClock(clock),
  });
}

/** Whole milliseconds, as columns and cursors have them. `Date.now` is looked up each time: tests replace it. */
function readClock(clock: SessionManagerOptions<unknown>['clock']): () => number {
  return clock === undefined ? () => Date.now() : () => Math.floor(clock());
}

function isAudience(audience: unknown): boolean {
  const list: readonly unknown[] = Array.isArray(audience) ? audience : [audience];
  return list.length > 0 && list.every((entry) => typeof entry === 'string' && entry !== '');
}

function readCap(cap: SessionManagerOptions<unknown>['maxSessionsPerUser']): Settings['maxSessions'] {
  if (cap === undefined) return undefined;
  if (typeof cap === 'function') return async (userId) => requireCap(await cap(userId));
  const fixed = requireCap(cap);
  return () => Promise.resolve(fixed);
}

function requireCap(cap: number): number {
  if ((Number.isInteger(cap) && cap >= 1) || cap === Infinity) return cap;
  throw new RangeError(`maxSessionsPerUser: expected a whole number of at least 1, got ${String(cap)}`);
}

import { sql, type Kysely } from 'kysely';
import { changed, type Count, type CountStore } from '../sign-in/counts.ts';
import { compileSql } from './compiled-query.ts';
import type { Deletes } from './run-deletes.ts';
import type { Dialect } from './dialect.ts';
import type { SessionsDatabase } from './schema.ts';
import { ask, type Steps } from './steps.ts';
import type { Writes } from './writes.ts';

/** A driver may give a big integer as a text. */
type CountRow = Readonly<Record<'attempts' | 'expires_at', number | string | bigint>>;

/** The parts that count attempts in the database. */
export interface AttemptCountsParts {
  /** Only builds queries. */
  readonly db: Kysely<SessionsDatabase>;
  readonly dialect: Dialect;
  /** The table of attempts, as `sql.table` takes it. */
  readonly table: string;
  readonly writes: Pick<Writes, 'runIn'>;
  readonly deletes: Pick<Deletes, 'run'>;
}

/** A write is tried again if another came first. That one was counted, so a bucket soon waits. */
const maxTries = 100;
/** How long a key has to wait that was still too busy then, in milliseconds. */
const busyWait = 1000;
/** How many new keys this process writes before it deletes some that have expired, and how many those are. */
const purgeEvery = 64;
const purgeLimit = 256;

/**
 * Counts attempts in a table. It compares and swaps: a count is only written over the one that was read. So it needs no
 * transaction, and the SQL of all databases is the same.
 */
export function createAttemptCounts({ db, dialect, table, writes, deletes }: AttemptCountsParts): CountStore {
  const counts = sql.table(table);
  const returning = dialect.returnsDeleted ? sql`returning bucket` : sql``;
  let inserted = 0;

  const find = compileSql<{ key: string }, CountRow>(
    db,
    (value) => sql`select attempts, expires_at from ${counts} where bucket = ${value('key')}`,
  );
  // A wait is a key of its own: `wait_until` is not used.
  const insertZero = compileSql<{ key: string; expiresAt: number }, unknown>(
    db,
    (value) => sql`
      insert into ${counts} (bucket, attempts, wait_until, expires_at) values (${value('key')}, 0, 0, ${value('expiresAt')})
      ${dialect.ignoreExisting('bucket')}
    `,
  );
  const findExpired = compileSql<{ now: number }, { bucket: string }>(
    db,
    (value) => sql`
      select bucket from ${counts} where expires_at <= ${value('now')} order by expires_at limit ${sql.lit(purgeLimit)}
    `,
  );

  function* read(key: string): Steps<Count | undefined> {
    const { rows } = yield* ask(find({ key }));
    const [row] = rows;
    return row && { points: Number(row.attempts), expiresAt: Number(row.expires_at) };
  }

  /** Inserts a count of zero, unless another has inserted one. */
  function* insert(key: string, expiresAt: number, now: number): Steps<Count> {
    yield* ask(insertZero({ key, expiresAt }));
    inserted += 1;
    if (inserted % purgeEvery === 0) yield* purge(now);
    return { points: 0, expiresAt };
  }

  /** Replaces the count that was read, or deletes it. `false` if it has changed since. */
  function* swap(key: string, before: Count, after: Count | null): Steps<boolean> {
    const isBefore = sql`
      where bucket = ${key} and attempts = ${before.points} and expires_at = ${before.expiresAt} ${returning}
    `;
    const query =
      after === null
        ? sql`delete from ${counts} ${isBefore}`
        : sql`update ${counts} set attempts = ${after.points}, expires_at = ${after.expiresAt} ${isBefore}`;
    return (yield* deletes.run(query.compile(db))) > 0;
  }

  /** Few at a time: a sign-in waits for it. */
  function* purge(now: number): Steps<void> {
    const { rows } = yield* ask(findExpired({ now }));
    if (rows.length === 0) return;
    const keys = sql.join(rows.map(({ bucket }) => bucket));
    yield* ask(sql`delete from ${counts} where bucket in (${keys}) and expires_at <= ${now}`.compile(db));
  }

  return {
    change: (key, change, now) =>
      writes.runIn(undefined, function* () {
        for (let tries = 0; tries < maxTries; tries += 1) {
          const found = yield* read(key);
          const { answer, after } = changed(found, change, now);
          if (after === undefined || (found === undefined && after === null)) return answer;
          const before = found ?? (yield* insert(key, now + change.duration, now));
          if (yield* swap(key, before, after)) return answer;
        }
        return { points: change.max + 1, expiresAt: now + busyWait };
      }),

    delete: (key) =>
      writes.runIn(undefined, function* () {
        const query = sql`delete from ${counts} where bucket = ${key} ${returning}`;
        return (yield* deletes.run(query.compile(db))) > 0;
      }),
  };
}

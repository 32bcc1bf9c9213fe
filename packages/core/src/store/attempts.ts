import { sql, type Kysely } from 'kysely';
import { decide, without, type AttemptBucket, type AttemptCount, type AttemptStore } from '../sign-in/attempts.ts';
import { compileSql } from './compiled-query.ts';
import type { Deletes } from './deletes.ts';
import type { Dialect } from './dialect.ts';
import type { SessionsDatabase } from './schema.ts';
import { ask, type Steps } from './steps.ts';
import type { Writes } from './writes.ts';

/** A driver may give a big integer as a text. */
type CountRow = Readonly<Record<'attempts' | 'wait_until' | 'expires_at', number | string | bigint>>;

/** The parts that count attempts in the database. */
export interface DatabaseAttemptsParts {
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
/** How many new buckets this process writes before it deletes some that have expired, and how many those are. */
const purgeEvery = 64;
const purgeLimit = 256;

/**
 * Counts attempts in a table. It compares and swaps: a count is only written over the one that was read. So it needs no
 * transaction, and the SQL of all databases is the same.
 */
export function createDatabaseAttempts({ db, dialect, table, writes, deletes }: DatabaseAttemptsParts): AttemptStore {
  const attempts = sql.table(table);
  const returning = dialect.returnsDeleted ? sql`returning bucket` : sql``;
  let inserted = 0;

  const find = compileSql<{ id: string }, CountRow>(
    db,
    (value) => sql`select attempts, wait_until, expires_at from ${attempts} where bucket = ${value('id')}`,
  );
  const insertZero = compileSql<{ id: string; expiresAt: number }, unknown>(
    db,
    (value) => sql`
      insert into ${attempts} (bucket, attempts, wait_until, expires_at) values (${value('id')}, 0, 0, ${value('expiresAt')})
      ${dialect.ignoreExisting('bucket')}
    `,
  );
  const findExpired = compileSql<{ now: number }, { bucket: string }>(
    db,
    (value) => sql`
      select bucket from ${attempts} where expires_at <= ${value('now')} order by expires_at limit ${sql.lit(purgeLimit)}
    `,
  );

  function* read(id: string): Steps<AttemptCount | undefined> {
    const { rows } = yield* ask(find({ id }));
    const [row] = rows;
    if (row === undefined) return undefined;
    return {
      attempts: Number(row.attempts),
      waitUntil: Number(row.wait_until),
      expiresAt: Number(row.expires_at),
    };
  }

  /** Inserts a count of zero, unless another has inserted one. */
  function* insert({ id, window }: AttemptBucket, now: number): Steps<AttemptCount> {
    const expiresAt = now + window;
    yield* ask(insertZero({ id, expiresAt }));
    inserted += 1;
    if (inserted % purgeEvery === 0) yield* purge(now);
    return { attempts: 0, waitUntil: 0, expiresAt };
  }

  /** Replaces the count that was read, or deletes it. `false` if it has changed since. */
  function* swap(id: string, before: AttemptCount, after: AttemptCount | undefined): Steps<boolean> {
    const isBefore = sql`
      where bucket = ${id} and attempts = ${before.attempts} and wait_until = ${before.waitUntil}
      and expires_at = ${before.expiresAt} ${returning}
    `;
    const query =
      after === undefined
        ? sql`delete from ${attempts} ${isBefore}`
        : sql`
            update ${attempts} set attempts = ${after.attempts}, wait_until = ${after.waitUntil},
            expires_at = ${after.expiresAt} ${isBefore}
          `;
    return (yield* deletes.run(query.compile(db))) > 0;
  }

  /** Few at a time: a sign-in waits for it. */
  function* purge(now: number): Steps<void> {
    const { rows } = yield* ask(findExpired({ now }));
    if (rows.length === 0) return;
    const ids = sql.join(rows.map(({ bucket }) => bucket));
    yield* ask(sql`delete from ${attempts} where bucket in (${ids}) and expires_at <= ${now}`.compile(db));
  }

  return {
    take: (bucket, now) =>
      writes.runIn(undefined, function* () {
        for (let tries = 0; tries < maxTries; tries += 1) {
          const before = (yield* read(bucket.id)) ?? (yield* insert(bucket, now));
          const { attempt, count } = decide(before, bucket, now);
          if (count === undefined || (yield* swap(bucket.id, before, count))) return attempt;
        }
        return { wait: bucket.firstWait, attempts: bucket.free, waitUntil: 0 };
      }),

    giveBack: (bucket, attempt) =>
      writes.runIn(undefined, function* () {
        for (let tries = 0; tries < maxTries; tries += 1) {
          const before = yield* read(bucket.id);
          if (before === undefined) return;
          if (yield* swap(bucket.id, before, without(before, bucket, attempt))) return;
        }
      }),

    clear: (id) =>
      writes.runIn(undefined, function* () {
        const query = sql`delete from ${attempts} where bucket = ${id} ${returning}`;
        return (yield* deletes.run(query.compile(db))) > 0;
      }),
  };
}

import { sql, type Kysely } from 'kysely';
import { compileSql } from './compiled-query.ts';
import type { Deletes } from './run-deletes.ts';
import type { Dialect } from './dialect.ts';
import type { SessionsDatabase } from './schema.ts';
import { ask, type Steps } from './steps.ts';
import type { Writes } from './writes.ts';

/** A device that signs in, and whose mark is not among these newest ones, gets a new one. */
const recentMarks = 10;
/**
 * How many device marks of a user are valid: the newest. So the ten devices that signed in last are known, though some of them
 * have used up two numbers.
 */
const maxMarks = 2 * recentMarks;
/** A write is tried again if another device of the user came first. */
const maxTries = 20;

/**
 * Numbers the device marks of each user. Only the newest are valid, so that one number ends all of them: it is raised when
 * all sessions of the user are revoked.
 */
export interface MarkNumbers {
  /** Answers whether the mark of a number is valid, and then whether it is recent: a device keeps a number that is. */
  check(userId: string, number: number): Promise<'recent' | 'old' | undefined>;
  /** Returns the number of a new mark. */
  next(userId: string): Promise<number>;
  /** Ends all marks of a user. */
  end(userId: string): Steps<void>;
}

/** The parts that number marks. */
export interface MarkNumbersParts {
  /** Only builds queries. */
  readonly db: Kysely<SessionsDatabase>;
  readonly dialect: Dialect;
  /** The table of revocations, which has a row for each user, as `sql.table` takes it. */
  readonly table: string;
  readonly writes: Pick<Writes, 'runIn'>;
  readonly deletes: Pick<Deletes, 'run'>;
}

export function createMarkNumbers({ db, dialect, table, writes, deletes }: MarkNumbersParts): MarkNumbers {
  const users = sql.table(table);
  const returning = dialect.returnsDeleted ? sql`returning user_id` : sql``;
  const find = compileSql<{ userId: string }, { marks: number | string | bigint | null }>(
    db,
    (value) => sql`select marks from ${users} where user_id = ${value('userId')}`,
  );
  const insert = compileSql<{ userId: string }, unknown>(
    db,
    (value) => sql`insert into ${users} (user_id) values (${value('userId')}) ${dialect.ignoreExisting('user_id')}`,
  );
  const raise = compileSql<{ userId: string; last: number; next: number }, unknown>(
    db,
    (value) => sql`
      update ${users} set marks = ${value('next')}
      where user_id = ${value('userId')} and coalesce(marks, 0) = ${value('last')} ${returning}
    `,
  );
  const raiseByAll = compileSql<{ userId: string }, unknown>(
    db,
    (value) => sql`update ${users} set marks = marks + ${sql.lit(maxMarks)} where user_id = ${value('userId')}`,
  );

  /** Returns the last number; `undefined` for a user without a row. */
  function* readLast(userId: string): Steps<number | undefined> {
    const { rows } = yield* ask(find({ userId }));
    return rows[0] && Number(rows[0].marks ?? 0);
  }

  return {
    async check(userId, number) {
      const last = (await writes.runIn(undefined, () => readLast(userId))) ?? 0;
      if (number > last || number <= last - maxMarks) return undefined;
      return number > last - recentMarks ? 'recent' : 'old';
    },

    next: (userId) =>
      writes.runIn(undefined, function* () {
        for (let tries = 0; tries < maxTries; tries += 1) {
          const read = yield* readLast(userId);
          if (read === undefined) yield* ask(insert({ userId }));
          const last = read ?? 0;
          if ((yield* deletes.run(raise({ userId, last, next: last + 1 }))) > 0) return last + 1;
        }
        throw new Error('device marks: too many sign-ins of one user at once');
      }),

    *end(userId) {
      yield* ask(raiseByAll({ userId }));
    },
  };
}

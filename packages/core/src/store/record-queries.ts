import { sql, type Compilable, type Expression, type Kysely, type SqlBool } from 'kysely';
import type { Ending } from '../session/session-end.ts';
import type { Parameter } from './compiled-query.ts';
import type { Dialect, StoredTime } from './dialect.ts';
import type { SessionsDatabase } from './schema.ts';

/** The tables of sessions and of their ends, as the types know them. */
export interface HistoryTables {
  readonly sessions: 'sessions';
  readonly history: 'history';
}

/** A record of a session that has ended. */
export interface HistoryTable {
  readonly id: string;
  readonly user_id: string;
  readonly created_at: StoredTime;
  readonly last_seen_at: StoredTime;
  readonly ip: string | null;
  readonly created_ip: string | null;
  readonly user_agent: string | null;
  readonly device: string;
  readonly name: string | null;
  readonly ended_at: StoredTime;
  readonly kept_until: StoredTime;
  readonly cause: string;
  readonly by_session: string | null;
  readonly by_user: string | null;
}

/** An end as a statement takes it. */
export interface StoredEnding {
  readonly endedAt: StoredTime;
  readonly keptUntil: StoredTime;
  readonly cause: string;
  readonly bySession: string | null;
  readonly byUser: string | null;
}

/** The columns that a record copies from the session. Their addresses are as the session has them. */
const copied = [
  'id',
  'user_id',
  'created_at',
  'last_seen_at',
  'ip',
  'created_ip',
  'user_agent',
  'device',
  'name',
] as const;
const ofEnding = ['ended_at', 'kept_until', 'cause', 'by_session', 'by_user'] as const;

/** How long a record is kept, in milliseconds: until the token expires, and at most this. */
const maxKept = 30 * 86_400_000;

/** Builds the statements that record how sessions end. */
export interface RecordQueries {
  /** Inserts the records of the sessions that a condition selects. */
  record(condition: Expression<SqlBool>, value: Parameter<StoredEnding>): Compilable;
  /** Deletes those sessions and inserts their records, in one statement. It returns a row for each session. */
  deleteAndRecord(condition: Expression<SqlBool>, value: Parameter<StoredEnding>): Compilable;
  store(ending: Ending): StoredEnding;
}

export function createRecordQueries(
  sessionsDb: Kysely<SessionsDatabase>,
  dialect: Dialect,
  { sessions, history }: HistoryTables,
): RecordQueries {
  const { writeTime } = dialect;
  const db = sessionsDb.withTables<{ history: HistoryTable }>();

  // A record of a deletion that did not come about is replaced.
  const orReplace = sql`${dialect.onExisting('id')} ${sql.join(ofEnding.map((name) => sql`${sql.ref(name)} = ${dialect.inserted(name)}`))}`;

  /** A record of a session that has expired would be of no use: its token says so itself. */
  const recordsFrom = (
    rows: 'sessions',
    condition: Expression<SqlBool> | undefined,
    value: Parameter<StoredEnding>,
  ) => {
    const keptUntil = sql<StoredTime>`case when expires_at < ${value('keptUntil')} then expires_at else ${value('keptUntil')} end`;
    const records = db
      .selectFrom(rows)
      .select(copied)
      .select([
        value('endedAt').as('ended_at'),
        keptUntil.as('kept_until'),
        value('cause').as('cause'),
        value('bySession').as('by_session'),
        value('byUser').as('by_user'),
      ])
      .where('expires_at', '>', value('endedAt'));
    return condition === undefined ? records : records.where(condition);
  };

  const insert = db.insertInto(history).columns([...copied, ...ofEnding]);

  return {
    record: (condition, value) => insert.expression(recordsFrom(sessions, condition, value)).modifyEnd(orReplace),
    deleteAndRecord(condition, value) {
      const ended = db.with('ended', (on) =>
        on
          .deleteFrom(sessions)
          .where(condition)
          .returning([...copied, 'expires_at']),
      );
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the rows have the columns of a session that are read
      const rows = 'ended' as 'sessions';
      return (
        ended
          // Not `modifyEnd`, which Kysely writes after the brackets.
          .with('recorded', () => insert.expression(sql`${recordsFrom(rows, undefined, value)} ${orReplace}`))
          .selectFrom('ended')
          .select(sql.lit(1).as('deleted'))
      );
    },
    store: ({ at, cause, bySession = null, byUser = null }) => ({
      endedAt: writeTime(at),
      keptUntil: writeTime(at + maxKept),
      cause,
      bySession,
      byUser,
    }),
  };
}

import { sql, type Kysely } from 'kysely';
import { compileSql } from '../compiled-query.ts';
import type { SessionsDatabase } from '../schema.ts';
import { ask } from '../steps.ts';
import type { OrderTables, RevocationOrder } from './revocation-order.ts';

const shape = /^(?<xmin>\d{1,18}):(?<xmax>\d{1,18}):(?<running>(?:\d{1,18}(?:,\d{1,18})*)?)$/;

/**
 * Orders revocations by PostgreSQL's transactions. A revocation records the id of its transaction. A mark is a snapshot: it
 * lists the transactions that had not committed.
 *
 * @see https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT
 */
export function createTransactionOrder(db: Kysely<SessionsDatabase>, { revocations }: OrderTables): RevocationOrder {
  const users = sql.table(revocations);
  const record = compileSql<{ userId: string }, unknown>(
    db,
    (value) => sql`
      insert into ${users} (user_id, position) values (${value('userId')}, txid_current())
      on conflict (user_id) do update set position = excluded.position
    `,
  );
  // An id that the server has not reached is of another one, from which the table was restored.
  const findSince = compileSql<{ userId: string; mark: string }, unknown>(
    db,
    (value) => sql`
      select 1 from ${users} where user_id = ${value('userId')}
      and position < txid_snapshot_xmax(txid_current_snapshot())
      and not txid_visible_in_snapshot(position, ${value('mark')}::txid_snapshot)
    `,
  );

  return {
    async mark(on) {
      const { rows } = await sql<{ mark: string }>`select txid_current_snapshot()::text as mark`.execute(on);
      const mark = rows[0]?.mark;
      if (mark === undefined) throw new Error('the database gave no snapshot');
      return mark;
    },

    *record(userId) {
      yield* ask(record({ userId }));
    },

    *hasRevokedSince(userId, mark) {
      const { rows } = yield* ask(findSince({ userId, mark }));
      return rows.length > 0;
    },

    isMark(text) {
      const { xmin, xmax, running } = shape.exec(text)?.groups ?? {};
      if (xmin === undefined || xmax === undefined || running === undefined) return false;
      // PostgreSQL refuses others, and would abort the transaction.
      const lowest = BigInt(xmin);
      const next = BigInt(xmax);
      const ids = running === '' ? [] : running.split(',').map(BigInt);
      const isAscending = ids.every((id, index) => id >= (ids[index - 1] ?? lowest) && id < next);
      return lowest > 0n && lowest <= next && isAscending;
    },
  };
}

import { sql } from 'kysely';
import type { OrderTables, RevocationOrder } from './revocation-order.ts';

const shape = /^(?<xmin>\d{1,18}):(?<xmax>\d{1,18}):(?<running>(?:\d{1,18}(?:,\d{1,18})*)?)$/;

/**
 * Orders revocations by PostgreSQL's transactions. A revocation records the id of its transaction. A mark is a snapshot: it
 * lists the transactions that had not committed.
 *
 * @see https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT
 */
export function createTransactionOrder({ revocations }: OrderTables): RevocationOrder {
  const users = sql.table(revocations);

  return {
    async mark(db) {
      const { rows } = await sql<{ mark: string }>`select txid_current_snapshot()::text as mark`.execute(db);
      const mark = rows[0]?.mark;
      if (mark === undefined) throw new Error('the database gave no snapshot');
      return mark;
    },

    async record(on, userId) {
      await sql`
        insert into ${users} (user_id, position) values (${userId}, txid_current())
        on conflict (user_id) do update set position = excluded.position
      `.execute(on);
    },

    async hasRevokedSince(on, userId, mark) {
      // An id that the server has not reached is of another one, from which the table was restored.
      const { rows } = await sql`
        select 1 from ${users} where user_id = ${userId}
        and position < txid_snapshot_xmax(txid_current_snapshot())
        and not txid_visible_in_snapshot(position, ${mark}::txid_snapshot)
      `.execute(on);
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

import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { SessionsDatabase } from '../schema.ts';
import type { OrderTables, RevocationOrder } from './revocation-order.ts';

/** How a dialect writes and picks counters. */
export interface CounterDialect {
  /** Picks the counter of a revocation. */
  pickCounter(trx: Kysely<SessionsDatabase>): Promise<number>;
  /** Begins the part of an insert for a row that exists. */
  onExisting(key: string): RawBuilder<unknown>;
  /** The value that the insert has for a column. */
  inserted(column: string): RawBuilder<unknown>;
}

/** A driver may give a big integer as a text. */
interface Position {
  readonly slot: number | string | bigint;
  readonly position: number | string | bigint;
}

/** The committed value of each counter, by its number. */
const shape = /^\d{1,15}(?:\.\d{1,15}){0,63}$/;

/**
 * Orders revocations by counters in a table. A revocation increments one, and keeps its lock until the transaction ends. So
 * a counter's committed values are in the order of commits, and a mark is the committed value of each.
 */
export function createCounterOrder({ revocations, positions }: OrderTables, dialect: CounterDialect): RevocationOrder {
  const [users, counters] = [sql.table(revocations), sql.table(positions)];
  const set = (column: string): RawBuilder<unknown> => sql`${sql.ref(column)} = ${dialect.inserted(column)}`;

  return {
    async mark(db) {
      const { rows } = await sql<Position>`select slot, position from ${counters}`.execute(db);
      const values = new Map(rows.map(({ slot, position }) => [Number(slot), Number(position)]));
      const count = Math.max(0, ...values.keys()) + 1;
      return Array.from({ length: count }, (_, slot) => values.get(slot) ?? 0).join('.');
    },

    async record(on, userId) {
      const slot = await dialect.pickCounter(on);
      await sql`
        insert into ${counters} (slot, position) values (${slot}, 1)
        ${dialect.onExisting('slot')} position = ${counters}.position + 1
      `.execute(on);
      await sql`
        insert into ${users} (user_id, slot, position)
        select ${userId}, slot, position from ${counters} where slot = ${slot}
        ${dialect.onExisting('user_id')} ${set('slot')}, ${set('position')}
      `.execute(on);
    },

    async hasRevokedSince(on, userId, mark) {
      const values = mark.split('.').map(Number);
      // A position that its counter has not reached is of another database, from which a part was restored.
      const { rows } = await sql<Position>`
        select r.slot, r.position from ${users} as r
        inner join ${counters} as p on p.slot = r.slot and p.position >= r.position
        where r.user_id = ${userId}
      `.execute(on);
      return rows.some(({ slot, position }) => Number(position) > (values[Number(slot)] ?? 0));
    },

    isMark: (text) => shape.test(text),
  };
}

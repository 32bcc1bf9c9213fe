import { sql, type Kysely, type RawBuilder } from 'kysely';
import { compileSql } from '../compiled-query.ts';
import type { SessionsDatabase } from '../schema.ts';
import { ask, type Steps } from '../steps.ts';
import type { OrderTables, RevocationOrder } from './revocation-order.ts';

/** How a dialect writes and picks counters. */
export interface CounterDialect {
  /** Picks the counter of a revocation. */
  pickCounter(): Steps<number>;
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
export function createCounterOrder(
  db: Kysely<SessionsDatabase>,
  { revocations, positions }: OrderTables,
  dialect: CounterDialect,
): RevocationOrder {
  const [users, counters] = [sql.table(revocations), sql.table(positions)];
  const set = (column: string): RawBuilder<unknown> => sql`${sql.ref(column)} = ${dialect.inserted(column)}`;

  const count = compileSql<{ slot: number }, unknown>(
    db,
    (value) => sql`
      insert into ${counters} (slot, position) values (${value('slot')}, 1)
      ${dialect.onExisting('slot')} position = ${counters}.position + 1
    `,
  );
  const record = compileSql<{ userId: string; slot: number }, unknown>(
    db,
    (value) => sql`
      insert into ${users} (user_id, slot, position)
      select ${value('userId')}, slot, position from ${counters} where slot = ${value('slot')}
      ${dialect.onExisting('user_id')} ${set('slot')}, ${set('position')}
    `,
  );
  // A position that its counter has not reached is of another database, from which a part was restored.
  const findLast = compileSql<{ userId: string }, Position>(
    db,
    (value) => sql<Position>`
      select r.slot, r.position from ${users} as r
      inner join ${counters} as p on p.slot = r.slot and p.position >= r.position
      where r.user_id = ${value('userId')}
    `,
  );

  return {
    async mark(on) {
      const { rows } = await sql<Position>`select slot, position from ${counters}`.execute(on);
      const values = new Map(rows.map(({ slot, position }) => [Number(slot), Number(position)]));
      const length = Math.max(0, ...values.keys()) + 1;
      return Array.from({ length }, (_, slot) => values.get(slot) ?? 0).join('.');
    },

    *record(userId) {
      const slot = yield* dialect.pickCounter();
      yield* ask(count({ slot }));
      yield* ask(record({ userId, slot }));
    },

    *hasRevokedSince(userId, mark) {
      const values = mark.split('.').map(Number);
      const { rows } = yield* ask(findLast({ userId }));
      return rows.some(({ slot, position }) => Number(position) > (values[Number(slot)] ?? 0));
    },

    isMark: (text) => shape.test(text),
  };
}

import { sql, type Kysely } from 'kysely';
import type { SessionsDatabase } from '../schema.ts';
import { companionsOf, referenceTo, type TableName } from '../table-name.ts';
import type { SessionsMigration } from './migration.ts';
import { openTable, type OpenTable } from './open-table.ts';

/** Creates the tables that order sign-ins and revocations. On MySQL, their rows are also the locks of users. */
export function createRevocationTables(option: string | undefined): SessionsMigration {
  return {
    async up(db) {
      const open = openTable(db, option);
      const { builder, dialect, plain } = open;
      const { revocations, positions } = companionsOf(open.name);
      if (await isMissing(open, revocations, ['user_id', 'slot', 'position'])) {
        const types = await dialect.columns(plain);
        await builder
          .createTable(revocations.table)
          .addColumn('user_id', types.userId, (column) => column.notNull().primaryKey())
          .addColumn('slot', 'integer')
          .addColumn('position', 'bigint')
          .execute();
      }
      if (dialect.positions === 0) return;
      if (await isMissing(open, positions, ['slot', 'position'])) {
        await builder
          .createTable(positions.table)
          .addColumn('slot', 'integer', (column) => column.notNull().primaryKey())
          .addColumn('position', 'bigint', (column) => column.notNull())
          .execute();
      }
      await addCounters(plain, positions, dialect.positions);
    },

    async down(db) {
      const { name, builder } = openTable(db, option);
      const { revocations, positions } = companionsOf(name);
      for (const { table } of [positions, revocations]) await builder.dropTable(table).ifExists().execute();
    },
  };
}

/** Answers whether a table is still to be created. A table of the app with the same name is refused. */
async function isMissing(open: OpenTable, name: TableName, columns: readonly string[]): Promise<boolean> {
  const existing = await open.describe(name);
  const missing = existing && columns.find((column) => !existing.columns.includes(column));
  if (missing === undefined) return existing === undefined;
  throw new RangeError(
    `table: ${name.table} already exists and has no column ${missing}: choose another name for ${open.name.table}`,
  );
}

async function addCounters(db: Kysely<SessionsDatabase>, positions: TableName, count: number): Promise<void> {
  const table = sql.table(referenceTo(positions));
  const { rows } = await sql<{ slot: number | string }>`select slot from ${table}`.execute(db);
  const existing = new Set(rows.map(({ slot }) => Number(slot)));
  const missing = Array.from({ length: count }, (_, slot) => slot).filter((slot) => !existing.has(slot));
  if (missing.length === 0) return;
  const values = missing.map((slot) => sql`(${sql.lit(slot)}, 0)`);
  await sql`insert into ${table} (slot, position) values ${sql.join(values)}`.execute(db);
}

import type { SessionsMigration } from './migration.ts';
import { openTable } from './open-table.ts';

/** Each may be null, so that the former release can still insert rows. */
const newColumns = [
  ['name', 'text'],
  ['data', 'text'],
  ['updated_at', 'time'],
  ['generation', 'integer'],
  ['grace_until', 'time'],
] as const;

/** For a list of all users' sessions, the newest first. */
const indexed = ['created_at', 'id'] as const;
const indexOf = (table: string): string => `${table}_created_at`;

/** Adds the name and the data of a session, the counter of its reissued tokens, and an index of all sessions by age. */
export function addSessionDetails(option: string | undefined): SessionsMigration {
  return {
    async up(db) {
      const { name, builder, dialect, plain, describe } = openTable(db, option);
      const { table } = name;
      const existing = await describe(name);
      const types = await dialect.columns(plain);
      const missing = newColumns.filter(([column]) => existing?.columns.includes(column) !== true);
      // SQLite adds one column with each statement. The others lock the table once.
      for (const columns of dialect.name === 'sqlite' ? missing.map((column) => [column]) : [missing]) {
        const [first, ...rest] = columns.map(([column, type]) => ({
          column,
          type: type === 'integer' ? ('integer' as const) : types[type],
        }));
        if (first === undefined) continue;
        let altering = builder.alterTable(table).addColumn(first.column, first.type);
        for (const { column, type } of rest) altering = altering.addColumn(column, type);
        await altering.execute();
      }
      if (existing?.indexes.includes(indexOf(table)) === true) return;
      await builder
        .createIndex(indexOf(table))
        .on(table)
        .columns([...indexed])
        .execute();
    },

    async down(db) {
      const { name, builder, dialect, describe } = openTable(db, option);
      const { table } = name;
      const existing = await describe(name);
      if (existing?.indexes.includes(indexOf(table)) === true) {
        const index = builder.dropIndex(indexOf(table));
        await (dialect.name === 'mysql' ? index.on(table) : index).execute();
      }
      for (const [column] of newColumns) {
        if (existing?.columns.includes(column) !== true) continue;
        await builder.alterTable(table).dropColumn(column).execute();
      }
    },
  };
}

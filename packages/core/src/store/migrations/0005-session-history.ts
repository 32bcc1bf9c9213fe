import { companionsOf } from '../table-name.ts';
import type { SessionsMigration } from './migration.ts';
import { openTable } from './open-table.ts';

const columnNames = [
  'id',
  'user_id',
  'created_at',
  'last_seen_at',
  'ip',
  'created_ip',
  'user_agent',
  'device',
  'name',
  'ended_at',
  'kept_until',
  'cause',
  'by_session',
  'by_user',
];

/** For the records of one user by age, and for purging. Of the longest name, they fit PostgreSQL's 63 characters. */
const indexes = [
  ['user', ['user_id', 'ended_at']],
  ['until', ['kept_until']],
] as const;

/** Creates the table that says how sessions ended. */
export function createHistoryTable(option: string | undefined): SessionsMigration {
  return {
    async up(db) {
      const { name, builder, dialect, plain, describe } = openTable(db, option);
      const { history } = companionsOf(name);
      const { table } = history;
      const existing = await describe(history);
      if (existing === undefined) {
        const types = await dialect.columns(plain);
        await builder
          .createTable(table)
          .addColumn('id', types.id, (column) => column.notNull().primaryKey())
          .addColumn('user_id', types.userId, (column) => column.notNull())
          .addColumn('created_at', types.time, (column) => column.notNull())
          .addColumn('last_seen_at', types.time, (column) => column.notNull())
          .addColumn('ip', types.ip)
          .addColumn('created_ip', types.ip)
          .addColumn('user_agent', types.text)
          .addColumn('device', types.text, (column) => column.notNull())
          .addColumn('name', types.text)
          .addColumn('ended_at', types.time, (column) => column.notNull())
          .addColumn('kept_until', types.time, (column) => column.notNull())
          .addColumn('cause', types.id, (column) => column.notNull())
          .addColumn('by_session', types.id)
          .addColumn('by_user', types.userId)
          .execute();
      } else {
        const missing = columnNames.find((column) => !existing.columns.includes(column));
        if (missing !== undefined) {
          throw new RangeError(
            `table: ${table} already exists and has no column ${missing}: choose another name for ${name.table}`,
          );
        }
      }
      for (const [suffix, columns] of indexes) {
        const index = `${table}_${suffix}`;
        if (existing?.indexes.includes(index) === true) continue;
        await builder
          .createIndex(index)
          .on(table)
          .columns([...columns])
          .execute();
      }
    },

    async down(db) {
      const { name, builder } = openTable(db, option);
      await builder.dropTable(companionsOf(name).history.table).ifExists().execute();
    },
  };
}

import type { SessionsMigration } from './migration.ts';
import { openTable } from './open-table.ts';

const columnNames = [
  'id',
  'user_id',
  'created_at',
  'last_seen_at',
  'expires_at',
  'ip',
  'created_ip',
  'user_agent',
  'device',
];

/** For a user's list and cap, and for purging expired and idle sessions. */
const indexedColumns = ['user_id', 'expires_at', 'last_seen_at'];

/** Creates the sessions table. */
export function createSessionsTable(option: string | undefined): SessionsMigration {
  return {
    async up(db) {
      const { name, builder, dialect, plain, describe } = openTable(db, option);
      const { table } = name;
      const existing = await describe(name);
      if (existing === undefined) {
        const types = await dialect.columns(plain);
        await builder
          .createTable(table)
          .addColumn('id', types.id, (column) => column.notNull().primaryKey())
          .addColumn('user_id', types.userId, (column) => column.notNull())
          .addColumn('created_at', types.time, (column) => column.notNull())
          .addColumn('last_seen_at', types.time, (column) => column.notNull())
          .addColumn('expires_at', types.time, (column) => column.notNull())
          .addColumn('ip', types.ip)
          .addColumn('created_ip', types.ip)
          .addColumn('user_agent', types.text)
          .addColumn('device', types.text, (column) => column.notNull())
          .execute();
      } else {
        const missing = columnNames.find((column) => !existing.columns.includes(column));
        if (missing !== undefined) {
          throw new RangeError(
            `table: ${table} already exists and is not a sessions table, it has no column ${missing}: choose another name`,
          );
        }
      }
      for (const column of indexedColumns) {
        const index = `${table}_${column}`;
        if (existing?.indexes.includes(index) === true) continue;
        await builder.createIndex(index).on(table).column(column).execute();
      }
    },

    async down(db) {
      const { name, builder } = openTable(db, option);
      await builder.dropTable(name.table).ifExists().execute();
    },
  };
}

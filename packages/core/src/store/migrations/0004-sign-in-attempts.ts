import { companionsOf, type TableName } from '../table-name.ts';
import type { SessionsMigration } from './migration.ts';
import { openTable } from './open-table.ts';

const columnNames = ['bucket', 'attempts', 'wait_until', 'expires_at'];

/** Short: with the longest table name, it fits PostgreSQL's 63 characters. */
const indexOf = ({ table }: TableName): string => `${table}_ends`;

/** Creates the table of attempts to sign in, and adds the counter of a user's device marks to the table of revocations. */
export function createAttemptsTable(option: string | undefined): SessionsMigration {
  return {
    async up(db) {
      const { name, builder, dialect, plain, describe } = openTable(db, option);
      const { attempts, revocations } = companionsOf(name);
      const existing = await describe(attempts);
      if (existing === undefined) {
        const types = await dialect.columns(plain);
        await builder
          .createTable(attempts.table)
          .addColumn('bucket', types.id, (column) => column.notNull().primaryKey())
          .addColumn('attempts', 'integer', (column) => column.notNull())
          .addColumn('wait_until', 'bigint', (column) => column.notNull())
          .addColumn('expires_at', 'bigint', (column) => column.notNull())
          .execute();
      }
      const missing = existing && columnNames.find((column) => !existing.columns.includes(column));
      if (missing !== undefined) {
        throw new RangeError(
          `table: ${attempts.table} already exists and has no column ${missing}: choose another name for ${name.table}`,
        );
      }
      if (existing?.indexes.includes(indexOf(attempts)) !== true) {
        await builder.createIndex(indexOf(attempts)).on(attempts.table).column('expires_at').execute();
      }
      // It may be null, so that the former release can still insert rows.
      if ((await describe(revocations))?.columns.includes('marks') === true) return;
      await builder.alterTable(revocations.table).addColumn('marks', 'bigint').execute();
    },

    async down(db) {
      const { name, builder, describe } = openTable(db, option);
      const { attempts, revocations } = companionsOf(name);
      await builder.dropTable(attempts.table).ifExists().execute();
      if ((await describe(revocations))?.columns.includes('marks') !== true) return;
      await builder.alterTable(revocations.table).dropColumn('marks').execute();
    },
  };
}

import type { Kysely } from 'kysely';
import { detectDialect } from '../detect-dialect.ts';
import type { Dialect, TableDescription } from '../dialect.ts';
import { plainDatabase } from '../plain-database.ts';
import type { SessionsDatabase } from '../schema.ts';
import { parseTableName, type TableName } from '../table-name.ts';

// MySQL commits each statement of a migration at once, and a process may be killed after any of them. So a migration
// describes the table first, and skips the steps that are done: it can run again.

/** The sessions table of a migration, and those beside it. */
export interface OpenTable {
  readonly name: TableName;
  readonly dialect: Dialect;
  /** Without the plugins of the app, which may rename our columns. */
  readonly plain: Kysely<SessionsDatabase>;
  readonly builder: Kysely<SessionsDatabase>['schema'];
  readonly describe: (table: TableName) => Promise<TableDescription | undefined>;
}

/** @throws {RangeError} the `table` option has a schema on SQLite */
export function openTable<TDatabase>(db: Kysely<TDatabase>, option: string | undefined): OpenTable {
  const dialect = detectDialect(db);
  const name = parseTableName(option, dialect.name);
  const plain = plainDatabase(db);
  return {
    name,
    dialect,
    plain,
    builder: (name.schema === undefined ? plain : plain.withSchema(name.schema)).schema,
    describe: (table) => dialect.describeTable(plain, table),
  };
}

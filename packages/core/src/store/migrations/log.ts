import { sql, type DatabaseIntrospector, type Kysely } from 'kysely';
import type { Dialect } from '../dialect.ts';
import type { SessionsDatabase } from '../schema.ts';
import { defaultTable, type TableName } from '../table-name.ts';
import { withMembers } from './with-members.ts';

/** The table that lists the migrations which have run on a sessions table. */
export type Log = TableName;

/** Finds the log of a sessions table, or the place to create it. */
export async function findLog(
  db: Kysely<SessionsDatabase>,
  dialect: Dialect,
  { schema, table }: TableName,
): Promise<Log> {
  // For the longest table name, with `_lock`, it fits PostgreSQL's 63 characters.
  const log = table === defaultTable ? 'trpc_sessions_migration' : `${table}_migrated`;
  return { schema: schema ?? (await dialect.schemaOf(db, log)), table: log };
}

/** The lock table of Kysely's `Migrator`. */
export function lockOf({ table }: Log): string {
  return `${table}_lock`;
}

/** Answers whether these migrations have all run. The log may have more: those of a newer release. */
export async function hasRun(
  db: Kysely<SessionsDatabase>,
  dialect: Dialect,
  log: Log,
  migrations: readonly string[],
): Promise<boolean> {
  if ((await dialect.describeTable(db, log)) === undefined) return false;
  const name = log.schema === undefined ? log.table : `${log.schema}.${log.table}`;
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(name)}`.execute(db);
  const names = new Set(rows.map((row) => row.name));
  return migrations.every((migration) => names.has(migration));
}

/**
 * Answers for Kysely's `Migrator` whether its tables exist. Kysely's own introspection reads every table of the database,
 * fails on SQLite if one is called `constructor`, and does not see other databases of MySQL.
 */
export function withLogIntrospection(
  db: Kysely<SessionsDatabase>,
  dialect: Dialect,
  log: Log,
): Kysely<SessionsDatabase> {
  const introspection: DatabaseIntrospector = {
    async getSchemas() {
      const { schema } = log;
      return schema !== undefined && (await dialect.schemaExists(db, schema)) ? [{ name: schema }] : [];
    },
    async getTables() {
      const tables = [];
      for (const table of [log.table, lockOf(log)]) {
        const { schema } = log;
        if ((await dialect.describeTable(db, { schema, table })) === undefined) continue;
        tables.push({
          name: table,
          ...(schema !== undefined && { schema }),
          isView: false,
          isForeign: false,
          columns: [],
        });
      }
      return tables;
    },
  };
  return withMembers(db, { introspection });
}

import { migrateToLatest } from '@trpc-sessions/core';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, MysqlDialect, PostgresDialect, SqliteDialect, type Dialect } from 'kysely';
import { createPool } from 'mysql2';
import pg from 'pg';

// Migrates a table, and kills its own process right after a statement.

const [url = '', table = '', statement = ''] = process.argv.slice(2);

function open(): Dialect {
  if (url.startsWith('postgres:')) return new PostgresDialect({ pool: new pg.Pool({ connectionString: url }) });
  if (url.startsWith('mysql:')) return new MysqlDialect({ pool: createPool({ uri: url }) });
  return new SqliteDialect({ database: new SqliteDatabase(url.replace('file:', '')) });
}

const db = new Kysely({
  dialect: open(),
  log({ query }) {
    if (query.sql.replaceAll(/["`]/g, '').startsWith(statement)) process.kill(process.pid, 'SIGKILL');
  },
});
await migrateToLatest(db, { table });
await db.destroy();

import { sql, type Kysely } from 'kysely';
import type { Dialect } from './dialect.ts';
import { mysql } from './dialects/mysql.ts';
import { postgres } from './dialects/postgres.ts';
import { sqlite } from './dialects/sqlite.ts';

/**
 * Detects a database's dialect from the SQL that its Kysely instance writes. So every dialect package for one of the
 * three works, whatever its name.
 *
 * @throws {TypeError} it is none of the three
 */
export function detectDialect<TDatabase>(db: Kysely<TDatabase>): Dialect {
  const written = sql`select ${1} as ${sql.ref('x')}`.compile(db.withoutPlugins()).sql;
  if (written === 'select ? as "x"') return sqlite;
  if (written === 'select $1 as "x"') return postgres;
  if (written === 'select ? as `x`') return mysql;
  throw new TypeError('db: expected a Kysely instance that speaks SQLite, PostgreSQL or MySQL');
}

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Kysely, MysqlDialect, PostgresDialect, SqliteDialect } from 'kysely';
import { codeOf, messageOf, UsageError } from './cli-text.ts';
import type { Dialect } from './dialect.ts';
import type { SessionsDatabase } from './schema.ts';

/** Whether a database that is not there is made: a SQLite file, that is. */
interface OpenOptions {
  readonly create?: boolean;
}

/** Opens the database that a `DATABASE_URL` names, with the driver of its kind. */
export async function openDatabase(
  url: string | undefined,
  { create = false }: OpenOptions = {},
): Promise<Kysely<SessionsDatabase>> {
  const location = readUrl(url);
  return new Kysely({ dialect: await openers[location.dialect](location.url, create) });
}

/** Where a database is, and what it speaks. */
interface Location {
  readonly url: string;
  readonly dialect: Dialect['name'];
}

/**
 * Reads a `DATABASE_URL`.
 *
 * @throws {UsageError} there is none, or it is of another kind
 */
export function readUrl(url: string | undefined): Location {
  if (url === undefined || url === '') {
    throw new UsageError('DATABASE_URL is not set: write file:app.db, postgres://… or mysql://…');
  }
  // A scheme of one letter would be a drive of Windows.
  const scheme = /^([a-z][a-z\d+.-]+):/i.exec(url)?.[1]?.toLowerCase() ?? 'file';
  const dialect = schemes.get(scheme);
  if (dialect === undefined) {
    throw new UsageError(`DATABASE_URL: cannot open "${scheme}:", use file:…, postgres://… or mysql://…`);
  }
  return { url, dialect };
}

const schemes: ReadonlyMap<string, Dialect['name']> = new Map([
  ['file', 'sqlite'],
  ['postgres', 'postgres'],
  ['postgresql', 'postgres'],
  ['mysql', 'mysql'],
  ['mariadb', 'mysql'],
]);

const connectTimeout = 10_000;

const openers = {
  async sqlite(url: string, create: boolean): Promise<SqliteDialect> {
    const { default: SqliteDatabase } = await driver('better-sqlite3', () => import('better-sqlite3'));
    const file = fileOf(url);
    if (!create && !existsSync(file)) throw new Error(`there is no database ${file}: trpc-sessions migrate makes one`);
    return new SqliteDialect({ database: new SqliteDatabase(file) });
  },
  async postgres(url: string): Promise<PostgresDialect> {
    const { default: pg } = await driver('pg', () => import('pg'));
    const pool = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: connectTimeout });
    // A connection that breaks while idle: the query that needs one will say so.
    pool.on('error', () => {});
    return new PostgresDialect({ pool });
  },
  async mysql(url: string): Promise<MysqlDialect> {
    const { createPool } = await driver('mysql2', () => import('mysql2'));
    return new MysqlDialect({ pool: createPool({ uri: url, connectionLimit: 1, connectTimeout }) });
  },
};

/** The file of `file:app.db`, `file:///srv/app.db` or a bare path. */
function fileOf(url: string): string {
  if (url.startsWith('file://')) return fileURLToPath(url);
  return url.startsWith('file:') ? url.slice('file:'.length) : url;
}

/** Loads a driver. They are optional peers: each app has the one of its database. */
async function driver<TModule>(name: string, load: () => Promise<TModule>): Promise<TModule> {
  try {
    return await load();
  } catch (error) {
    if (codeOf(error) !== 'ERR_MODULE_NOT_FOUND' || !messageOf(error).includes(`'${name}'`)) throw error;
    throw new Error(`DATABASE_URL needs the driver ${name}, which is not installed: npm install ${name}`, {
      cause: error,
    });
  }
}

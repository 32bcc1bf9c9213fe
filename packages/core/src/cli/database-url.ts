import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Kysely, MysqlDialect, PostgresDialect, SqliteDialect } from 'kysely';
import { codeOf, messageOf, UsageError } from './output.ts';
import type { Dialect } from '../store/dialect.ts';
import type { SessionsDatabase } from '../store/schema.ts';

/** Whether a database that is not there is made: a SQLite file, that is. */
interface OpenOptions {
  readonly create?: boolean;
}

/** Opens the database that a `DATABASE_URL` names, with the driver of its kind. */
export async function openDatabase(
  url: string | undefined,
  { create = false }: OpenOptions = {},
): Promise<Kysely<SessionsDatabase>> {
  const { dialect, address } = readUrl(url);
  return new Kysely({ dialect: await openers[dialect](address, create) });
}

/** Where a database is, and what it speaks. */
interface Location {
  readonly dialect: Dialect['name'];
  /** A file, or the URL of a server. */
  readonly address: string;
}

const schemes: ReadonlyMap<string, Dialect['name']> = new Map([
  ['file', 'sqlite'],
  ['postgres', 'postgres'],
  ['postgresql', 'postgres'],
  ['mysql', 'mysql'],
  ['mariadb', 'mysql'],
]);

const howTo = 'write file:app.db, postgres://… or mysql://…';

/**
 * Reads a `DATABASE_URL`. What it cannot read it does not repeat: there may be a password in it.
 *
 * @throws {UsageError} there is none, or it is of another kind
 */
export function readUrl(url: string | undefined): Location {
  if (url === undefined || url === '') throw new UsageError(`DATABASE_URL is not set: ${howTo}`);
  if (/^["']|["']$/.test(url)) throw new UsageError('DATABASE_URL is in quotes: leave them out');
  // A scheme of one letter would be a drive of Windows.
  const { scheme, slashes = '' } = /^(?<scheme>[a-z][a-z\d+.-]+):(?<slashes>\/\/)?/i.exec(url)?.groups ?? {};
  const dialect = schemes.get(scheme?.toLowerCase() ?? 'file');
  if (dialect === undefined && slashes !== '') {
    throw new UsageError(`DATABASE_URL: cannot open "${scheme}:", use file:…, postgres://… or mysql://…`);
  }
  if (dialect === 'sqlite') return { dialect, address: scheme === undefined ? readPath(url) : readFileUrl(url) };
  if (dialect === undefined || slashes === '') throw notOne();
  return { dialect, address: url };
}

/** A bare path; unless it looks like the URL of a server with a slip of the pen: it would be the name of a new file. */
function readPath(path: string): string {
  if (/[@=;?"]|\/\//.test(path)) throw notOne();
  return required(path);
}

/** `file:app.db` or `file:///srv/app.db`. */
function readFileUrl(url: string): string {
  if (url.includes('?')) throw new UsageError('DATABASE_URL: a file has no parameters: leave out what follows the "?"');
  const path = url.slice('file:'.length);
  if (!path.startsWith('//')) return required(path);
  if (/^\/\/[^/]/.test(path)) {
    throw new UsageError('DATABASE_URL: file:// needs a third slash: write file:///srv/app.db, or file:app.db');
  }
  if (path.includes('#')) throw new UsageError('DATABASE_URL: file:// takes no "#": write %23');
  try {
    return required(fileURLToPath(url).replace(/^\/$/, ''));
  } catch (error) {
    throw error instanceof UsageError ? error : notOne();
  }
}

function required(path: string): string {
  if (path === '') throw new UsageError('DATABASE_URL: file: needs the name of a file: write file:app.db');
  if (path !== ':memory:') return path;
  throw new UsageError('DATABASE_URL: a database in memory would end with this command: write file:app.db');
}

function notOne(): UsageError {
  return new UsageError(`DATABASE_URL is no URL of a database, and no path: ${howTo}`);
}

const connectTimeout = 10_000;

const openers = {
  async sqlite(file: string, create: boolean): Promise<SqliteDialect> {
    const { default: SqliteDatabase } = await driver('better-sqlite3', () => import('better-sqlite3'));
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

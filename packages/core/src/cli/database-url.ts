import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Dialect as KyselyDialect, Kysely } from 'kysely';
import type { Dialect } from '../store/dialect.ts';
import type { SessionsDatabase } from '../store/schema.ts';
import { codeOf, messageOf, UsageError } from './explain-error.ts';

interface OpenOptions {
  /** Whether to create a SQLite file that does not exist. @defaultValue false */
  readonly create?: boolean;
}

/** Opens the database of a `DATABASE_URL`. Its driver and Kysely are loaded here, on first use. */
export async function openDatabase(
  url: string | undefined,
  { create = false }: OpenOptions = {},
): Promise<Kysely<SessionsDatabase>> {
  const { dialect, address } = readUrl(url);
  const opened = await openers[dialect](address, create);
  const { Kysely } = await import('kysely');
  return new Kysely({ dialect: opened });
}

/** A parsed `DATABASE_URL`. */
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
 * Parses a `DATABASE_URL`.
 *
 * @throws {UsageError} it is missing, malformed or of another kind. The message does not repeat it: it may hold a password
 */
export function readUrl(url: string | undefined): Location {
  if (url === undefined || url === '') throw new UsageError(`DATABASE_URL is not set: ${howTo}`);
  if (/^["']|["']$/.test(url)) throw new UsageError('DATABASE_URL is in quotes: remove them');
  // A scheme of one letter is a drive of Windows.
  const { scheme, slashes = '' } = /^(?<scheme>[a-z][a-z\d+.-]+):(?<slashes>\/\/)?/i.exec(url)?.groups ?? {};
  const dialect = schemes.get(scheme?.toLowerCase() ?? 'file');
  if (dialect === undefined && slashes !== '') {
    throw new UsageError(`DATABASE_URL: cannot open "${scheme}:", use file:…, postgres://… or mysql://…`);
  }
  if (dialect === 'sqlite') return { dialect, address: scheme === undefined ? readPath(url) : readFileUrl(url) };
  if (dialect === undefined || slashes === '') throw malformed();
  return { dialect, address: url };
}

/** Reads a bare path. A mistyped URL of a server is refused: it would become the name of a new file. */
function readPath(path: string): string {
  if (/[@=;?"]|\/\//.test(path)) throw malformed();
  return required(path);
}

/** Reads `file:app.db` or `file:///srv/app.db`. */
function readFileUrl(url: string): string {
  if (url.includes('?')) throw new UsageError('DATABASE_URL: a file has no parameters: remove the "?" and the rest');
  const path = url.slice('file:'.length);
  if (!path.startsWith('//')) return required(path);
  if (/^\/\/[^/]/.test(path)) {
    throw new UsageError('DATABASE_URL: file:// needs a third slash: write file:///srv/app.db, or file:app.db');
  }
  if (path.includes('#')) throw new UsageError('DATABASE_URL: file:// takes no "#": write %23');
  try {
    return required(fileURLToPath(url).replace(/^\/$/, ''));
  } catch (error) {
    throw error instanceof UsageError ? error : malformed();
  }
}

function required(path: string): string {
  if (path === '') throw new UsageError('DATABASE_URL: file: needs the name of a file: write file:app.db');
  if (path !== ':memory:') return path;
  throw new UsageError('DATABASE_URL: a database in memory would end with this command: write file:app.db');
}

function malformed(): UsageError {
  return new UsageError(`DATABASE_URL is neither the URL of a database nor a path: ${howTo}`);
}

const connectTimeout = 10_000;

const openers: Readonly<Record<Dialect['name'], (address: string, create: boolean) => Promise<KyselyDialect>>> = {
  async sqlite(file, create) {
    const { default: SqliteDatabase } = await driver('better-sqlite3', () => import('better-sqlite3'));
    if (!create && !existsSync(file))
      throw new Error(`there is no database ${file}: trpc-sessions migrate creates one`);
    const { SqliteDialect } = await import('kysely');
    return new SqliteDialect({ database: new SqliteDatabase(file) });
  },
  async postgres(url) {
    const { default: pg } = await driver('pg', () => import('pg'));
    const pool = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: connectTimeout });
    // A connection broke while idle: the next query reports it.
    pool.on('error', () => {});
    const { PostgresDialect } = await import('kysely');
    return new PostgresDialect({ pool });
  },
  async mysql(url) {
    const { createPool } = await driver('mysql2', () => import('mysql2'));
    const { MysqlDialect } = await import('kysely');
    return new MysqlDialect({ pool: createPool({ uri: url, connectionLimit: 1, connectTimeout }) });
  },
};

/** Loads a driver. Drivers are optional peers: an app installs the one of its database. */
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

import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrateToLatest, type SessionsDatabase } from '@trpc-sessions/core';
import { reuseStatements } from '@trpc-sessions/core/sqlite';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { columns } from './floor.ts';
import { caller } from './tokens.ts';

/** A SQLite file full of sessions, as an app would open it. */
export interface BenchFile extends AsyncDisposable {
  readonly file: string;
  readonly raw: SqliteDatabase.Database;
  /** A connection for a manager alone, as in the README. */
  readonly own: SqliteDatabase.Database;
  /** With `reuseStatements`. */
  readonly db: Kysely<SessionsDatabase>;
  /** Without. */
  readonly plain: Kysely<SessionsDatabase>;
}

export async function createFile(rows: number): Promise<BenchFile> {
  const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-bench-'));
  const file = join(folder, 'bench.db');
  const raw = openFile(file);
  const db = new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database: reuseStatements(raw) }) });
  const second = openFile(file);
  const plain = new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database: second }) });
  const own = openFile(file);
  await migrateToLatest(db);
  fill(raw, rows);
  return {
    file,
    raw,
    own,
    db,
    plain,
    async [Symbol.asyncDispose]() {
      own.close();
      await Promise.all([db.destroy(), plain.destroy()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function openFile(file: string, options: SqliteDatabase.Options = {}): SqliteDatabase.Database {
  const database = new SqliteDatabase(file, options);
  if (options.readonly !== true) {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = NORMAL');
  }
  return database;
}

const device =
  '{"type":"desktop","name":"Chrome on Windows","vendor":null,"model":null,"os":{"name":"Windows","version":null},"browser":{"name":"Chrome","version":"131"},"app":{"name":null,"version":null}}';

/** The id and the other columns, in their order. Ten sessions a user, and one in ten has expired. */
export function* rowsOf(
  count: number,
): Generator<readonly [string, string, string, string, string, string, number, number, number]> {
  const now = Date.now();
  const day = 86_400_000;
  for (let n = 0; n < count; n += 1) {
    const id = createHash('sha256').update(randomBytes(8)).digest('hex').slice(0, 32);
    const expires = n % 10 === 0 ? now - day : now + 30 * day;
    yield [
      id,
      `user${Math.floor(n / 10)}`,
      caller.ip,
      caller.ip,
      caller.userAgent,
      device,
      now - day,
      now - 1000,
      expires,
    ];
  }
}

function fill(raw: SqliteDatabase.Database, count: number): void {
  // Ids come in no order: with the indexes in memory, ten million of them take minutes, not hours. In KiB.
  const size = raw.pragma('cache_size', { simple: true });
  raw.pragma('cache_size = -2000000');
  const insert = raw.prepare(`insert into sessions (id, ${columns}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  raw.transaction(() => {
    for (const row of rowsOf(count)) insert.run(...row);
  })();
  raw.exec('analyze');
  raw.pragma('wal_checkpoint(truncate)');
  raw.pragma(`cache_size = ${String(size)}`);
}

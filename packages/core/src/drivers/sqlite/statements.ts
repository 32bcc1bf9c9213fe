import type { SqliteDatabase } from 'kysely';
import { LRUCache } from 'lru-cache';
import { markRows, type LookupConnection } from '../connection-below.ts';
import { findsOne, isStatement } from '../statement-mark.ts';
import { hasFunctions } from '../has-functions.ts';
import { createDirectConnection } from './direct-connection.ts';
import { prepareToKeep } from './prepare-to-keep.ts';
import { isSqlite } from './sqlite-database.ts';

/** The part of a better-sqlite3 `Database` that {@link reuseStatements} uses. */
interface Prepares {
  prepare(sql: string): Statement & {
    /** The first row. Without it, `all` is called. */
    get?(parameters: readonly unknown[]): unknown;
  };
  close(): void;
}
type Statement = ReturnType<SqliteDatabase['prepare']>;
type PreparedStatement = ReturnType<Prepares['prepare']>;

/**
 * Wraps a better-sqlite3 database so that each statement is prepared once; Kysely prepares every query again. The app's own
 * queries gain too.
 *
 * A session manager also learns of the database below the Kysely. While no transaction is open, it looks sessions up there at once:
 * that takes half of the time. The `log` of the Kysely shows no such look-up; `verbose` of the `Database` does. Wrap no databases
 * among which a driver of yours chooses for each request: a look-up could ask the wrong one.
 *
 * @param options.max - how many statements are kept; the least recently used is evicted. @defaultValue 500
 * @throws {TypeError} it is not a database of better-sqlite3, or of the same shape
 *
 * @example
 * ```ts
 * import { reuseStatements } from '@trpc-sessions/core/sqlite';
 * import Database from 'better-sqlite3';
 * import { Kysely, SqliteDialect } from 'kysely';
 *
 * const db = new Kysely<MyDatabase>({
 *   dialect: new SqliteDialect({ database: reuseStatements(new Database('app.db')) }),
 * });
 * ```
 */
export function reuseStatements(database: Prepares, options: { readonly max?: number } = {}): SqliteDatabase {
  requireDatabase(database);
  const statements = new LRUCache<string, Statement>({ max: options.max ?? 500 });
  let iterations = 0;
  const direct = lookupsOn(database, () => iterations > 0);

  function* iterate(statement: PreparedStatement, parameters: readonly unknown[]): IterableIterator<unknown> {
    iterations += 1;
    try {
      yield* statement.iterate(parameters);
    } finally {
      iterations -= 1;
    }
  }

  return {
    prepare(sql) {
      const kept = statements.get(sql);
      if (kept !== undefined) return kept;
      const statement = prepareToKeep(database, sql);
      const reused: Statement = {
        reader: statement.reader,
        all: answersOf(sql, statement, direct),
        run: (parameters) => statement.run(parameters),
        iterate(parameters) {
          // A statement cannot run again while it is iterated: the next call prepares another.
          statements.delete(sql);
          return iterate(statement, parameters);
        },
      };
      statements.set(sql, reused);
      return reused;
    },
    close() {
      statements.clear();
      database.close();
    },
  };
}

/** Databases of `node:sqlite` and `bun:sqlite` have the same methods, but other statements. */
function requireDatabase(database: unknown): void {
  if (hasFunctions(database, 'prepare', 'close')) {
    if (hasFunctions(database, 'pragma')) return;
    const statement = database.prepare('select 1');
    if (hasFunctions(statement, 'all', 'run', 'iterate') && 'reader' in statement) return;
  }
  throw new TypeError('reuseStatements: expected a Database of better-sqlite3');
}

/**
 * Look-ups on the connection itself, if it is a whole `Database`. A statement that is iterated keeps a snapshot open: until its end, a
 * look-up on the same connection would not see the commits of others.
 */
function lookupsOn(database: Prepares, isIterating: () => boolean): LookupConnection | undefined {
  if (!isSqlite(database)) return undefined;
  const direct = createDirectConnection(database);
  return {
    isInTransaction: () => isIterating() || direct.isInTransaction(),
    first: (query) => direct.first(query),
  };
}

/** Every so many answers one is marked, the first included: to mark all of them would take longer than to ask. */
const markedEvery = 256;

function answersOf(sql: string, statement: PreparedStatement, direct: LookupConnection | undefined): Statement['all'] {
  const all: Statement['all'] = findsOne(sql)
    ? (parameters) => atMostOne(statement, parameters)
    : (parameters) => statement.all(parameters);
  if (direct === undefined || !isStatement(sql)) return all;
  let count = 0;
  return (parameters) => {
    const rows = all(parameters);
    if (count % markedEvery === 0) markRows(rows, direct);
    count += 1;
    return rows;
  };
}

/** A tenth faster than `all`: SQLite does not search for a second row. */
function atMostOne(statement: PreparedStatement, parameters: readonly unknown[]): unknown[] {
  if (statement.get === undefined) return statement.all(parameters);
  const row = statement.get(parameters);
  return row === undefined ? [] : [row];
}

import { Kysely, SqliteAdapter, SqliteDriver, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import { untilNoTransaction, type DirectConnection } from '../direct-connection.ts';
import { createDirectConnection } from './direct-connection.ts';
import type { SqliteDatabase } from './sqlite-database.ts';
import { reuseStatements } from './statements.ts';

/** A database of the app's, opened for us. */
export interface OpenedSqlite<TDatabase> {
  readonly db: Kysely<TDatabase>;
  readonly direct: DirectConnection;
}

/** Opens a Kysely on a database of the app's, and sets the database up for it. Nothing of ours closes it. */
export function openSqlite<TDatabase>(database: SqliteDatabase): OpenedSqlite<TDatabase> {
  useWriteAheadLog(database);
  const direct = createDirectConnection(database);
  const db = new Kysely<TDatabase>({
    dialect: {
      createDriver: () => new PatientDriver({ database: reuseStatements(database) }, direct),
      createAdapter: () => new SqliteAdapter(),
      createQueryCompiler: () => new SqliteQueryCompiler(),
      createIntrospector: (of) => new SqliteIntrospector(of),
    },
  });
  return { db, direct };
}

/** The app has the same connection. Ours waits until no transaction of the app's is open: it could roll our writes back. */
class PatientDriver extends SqliteDriver {
  readonly #direct: DirectConnection;

  constructor(config: ConstructorParameters<typeof SqliteDriver>[0], direct: DirectConnection) {
    super(config);
    this.#direct = direct;
  }

  override async acquireConnection(): ReturnType<SqliteDriver['acquireConnection']> {
    const connection = await super.acquireConnection();
    await untilNoTransaction(this.#direct);
    return connection;
  }
}

/**
 * In the default mode, a reader waits for each write, and each commit waits for the disk several times.
 *
 * @see https://www.sqlite.org/wal.html
 */
function useWriteAheadLog(database: SqliteDatabase): void {
  if (database.readonly || database.inTransaction) return;
  try {
    // Another mode is the app's choice.
    if (database.pragma('journal_mode', { simple: true }) !== 'delete') return;
    if (database.pragma('journal_mode = wal', { simple: true }) === 'wal') return;
  } catch {
    // It is closed, locked or no database: the first query says so.
  }
  process.emitWarning('trpc-sessions: could not switch SQLite to WAL mode; readers and writers wait for each other');
}

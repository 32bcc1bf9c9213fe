import { migrateToLatest, type SessionsDatabase } from '@trpc-sessions/core';
import { Kysely, sql, type Dialect, type Driver } from 'kysely';
import type { RawDatabase } from './raw-database.ts';

// To create, migrate and drop a database takes longer than most tests. So a database serves one test after another: each
// finds it migrated and empty, whatever the tests before it did.

/** A database to open and, in the end, to close. */
export interface OpenDatabase {
  readonly dialect: Dialect;
  readonly raw?: RawDatabase | undefined;
  /** Lists all tables, so that the list changes with any change of the schema. */
  listTables(db: Kysely<SessionsDatabase>): Promise<readonly TableShape[]>;
  /** Drops all tables. A database that cannot do so is closed, and another one opened. */
  dropTables?(db: Kysely<SessionsDatabase>): Promise<void>;
  close(): Promise<void>;
}

export interface TableShape {
  /** Quoted, with its schema if it has one. */
  readonly name: string;
  readonly shape: string;
}

/** A migrated and empty database, for one test. */
export interface TakenDatabase {
  /** Its connections stay open when the Kysely that has it is destroyed. */
  readonly dialect: Dialect;
  readonly raw: RawDatabase | undefined;
  release(): Promise<void>;
}

export interface DatabasePool {
  take(): Promise<TakenDatabase>;
}

/** @param schema - where the table is, if not in the default schema */
export function createDatabasePool(open: () => Promise<OpenDatabase>, schema?: string): DatabasePool {
  const idle: TakenDatabase[] = [];

  async function create(): Promise<TakenDatabase> {
    const database = await open();
    const { dialect, isInUse } = keepConnections(database.dialect);
    const db = new Kysely<SessionsDatabase>({ dialect });
    // It may be one that was closed while a statement was under way.
    await database.dropTables?.(db);
    let migrated = await migrate(db, database, schema);

    const taken: TakenDatabase = {
      dialect,
      raw: database.raw,
      async release() {
        const tables = await database.listTables(db);
        if (isInUse() || JSON.stringify(tables) !== JSON.stringify(migrated.tables)) {
          if (isInUse() || database.dropTables === undefined) return database.close();
          await database.dropTables(db);
          migrated = await migrate(db, database, schema);
        } else {
          for (const name of migrated.emptyTables) await sql`delete from ${sql.raw(name)}`.execute(db);
        }
        idle.push(taken);
      },
    };
    return taken;
  }

  return { take: async () => idle.pop() ?? (await create()) };
}

async function migrate(db: Kysely<SessionsDatabase>, { listTables }: OpenDatabase, schema: string | undefined) {
  await migrateToLatest(db, schema === undefined ? {} : { table: `${schema}.sessions` });
  const tables = await listTables(db);
  const emptyTables: string[] = [];
  for (const { name } of tables) {
    const { rows } = await sql`select 1 from ${sql.raw(name)} limit 1`.execute(db);
    if (rows.length === 0) emptyTables.push(name);
  }
  return { tables, emptyTables };
}

/** Makes all Kyselys that use a dialect share its connections, and leave them open. */
function keepConnections(inner: Dialect): { readonly dialect: Dialect; isInUse(): boolean } {
  const driver = inner.createDriver();
  let initialized: Promise<void> | undefined;
  let inUse = 0;
  const shared: Driver = {
    init: () => (initialized ??= driver.init()),
    async acquireConnection(...args) {
      const connection = await driver.acquireConnection(...args);
      inUse += 1;
      return connection;
    },
    async releaseConnection(...args) {
      inUse -= 1;
      await driver.releaseConnection(...args);
    },
    beginTransaction: (...args) => driver.beginTransaction(...args),
    commitTransaction: (...args) => driver.commitTransaction(...args),
    rollbackTransaction: (...args) => driver.rollbackTransaction(...args),
    savepoint: async (...args) => driver.savepoint?.(...args),
    rollbackToSavepoint: async (...args) => driver.rollbackToSavepoint?.(...args),
    releaseSavepoint: async (...args) => driver.releaseSavepoint?.(...args),
    destroy: () => Promise.resolve(),
  };
  return {
    dialect: {
      createAdapter: () => inner.createAdapter(),
      createIntrospector: (db) => inner.createIntrospector(db),
      createQueryCompiler: () => inner.createQueryCompiler(),
      createDriver: () => shared,
    },
    isInUse: () => inUse > 0,
  };
}

import { createSessionManager, migrateToLatest, type AppDatabase, type SessionsDatabase } from '@trpc-sessions/core';
import SqliteDatabase from 'better-sqlite3';
import { drizzle as drizzleSqlite } from 'drizzle-orm/better-sqlite3';
import { getTableConfig as mysqlConfig } from 'drizzle-orm/mysql-core';
import { drizzle as drizzleMysql } from 'drizzle-orm/mysql2';
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres';
import { getTableConfig as postgresConfig } from 'drizzle-orm/pg-core';
import { getTableConfig as sqliteConfig } from 'drizzle-orm/sqlite-core';
import { createPool } from 'mysql2';
import pg from 'pg';
import { expect, test } from 'vitest';
import { secret } from '../support/app.ts';
import { createMysqlDatabase, createPostgresDatabase, mysql, postgres, sqlite } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';
import * as mysqlSchema from './mysqltables.ts';
import * as postgresSchema from './postgrestables.ts';
import * as sqliteSchema from './sqlitetables.ts';

/** A column as the database has it, or as the schema says. */
interface ColumnOfTable {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  /** SQLite and MySQL answer 0 or 1. */
  readonly nullable: boolean | number;
}

interface OpenApp extends AsyncDisposable {
  readonly db: AppDatabase<SessionsDatabase>;
  /** Reads every column of the database. */
  columns(): Promise<readonly ColumnOfTable[]>;
  sessions(): PromiseLike<readonly { readonly id: string; readonly createdAt: Date; readonly device: string }[]>;
  history(): PromiseLike<readonly { readonly id: string; readonly endedAt: Date; readonly cause: string }[]>;
}

interface TableConfig {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly notNull: boolean; getSQLType(): string }[];
}

const columnsIn = (tables: readonly TableConfig[]): ColumnOfTable[] =>
  tables.flatMap(({ name: table, columns }) =>
    columns.map((column) => ({ table, name: column.name, type: column.getSQLType(), nullable: !column.notNull })),
  );

/** The names and widths of types that mean the same. */
const plainType = (type: string): string =>
  type
    .toLowerCase()
    .replaceAll(' ', '')
    .replace('charactervarying', 'varchar')
    .replace(/^(int|bigint)\(\d+\)$/, '$1');

const sorted = (columns: readonly ColumnOfTable[]): string[] =>
  columns
    .map(({ table, name, type, nullable }) => `${table}.${name} ${plainType(type)} ${Number(nullable)}`)
    .toSorted();

async function openSqlite(): Promise<OpenApp> {
  const database = new SqliteDatabase(':memory:');
  const orm = drizzleSqlite({ client: database });
  return {
    db: database,
    columns: async () =>
      database
        .prepare<[], ColumnOfTable>(
          `select m.name as "table", c.name as name, replace(c.type, 'bigint', 'integer') as type, not c."notnull" as nullable
           from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table'`,
        )
        .all(),
    sessions: () => orm.select().from(sqliteSchema.sessions),
    history: () => orm.select().from(sqliteSchema.sessionsHistory),
    [Symbol.asyncDispose]: async () => void database.close(),
  };
}

async function openPostgres(): Promise<OpenApp> {
  const { url, dispose } = await createPostgresDatabase();
  const pool = new pg.Pool({ connectionString: url });
  // Dropping the database ends connections that the pool has just closed.
  pool.on('error', () => {});
  const orm = drizzlePostgres({ client: pool });
  return {
    db: pool,
    async columns() {
      const { rows } = await pool.query<ColumnOfTable>(
        `select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as nullable
         from pg_attribute a join pg_class c on c.oid = a.attrelid
         where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and a.attnum > 0`,
      );
      return rows;
    },
    sessions: () => orm.select().from(postgresSchema.sessions),
    history: () => orm.select().from(postgresSchema.sessionsHistory),
    async [Symbol.asyncDispose]() {
      await pool.end();
      await dispose();
    },
  };
}

async function openMysql(): Promise<OpenApp> {
  const { url, dispose } = await createMysqlDatabase();
  const pool = createPool({ uri: url });
  const orm = drizzleMysql({ client: pool });
  return {
    db: pool,
    async columns() {
      const [rows] = await pool.promise().query(
        `select table_name as \`table\`, column_name as name, column_type as type, is_nullable = 'YES' as nullable
           from information_schema.columns where table_schema = database()`,
      );
      return rows as ColumnOfTable[];
    },
    sessions: () => orm.select().from(mysqlSchema.sessions),
    history: () => orm.select().from(mysqlSchema.sessionsHistory),
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => pool.end(resolve));
      await dispose();
    },
  };
}

const targets = [
  { target: sqlite, open: openSqlite, schema: Object.values(sqliteSchema).map(sqliteConfig) },
  { target: postgres, open: openPostgres, schema: Object.values(postgresSchema).map((table) => postgresConfig(table)) },
  { target: mysql, open: openMysql, schema: Object.values(mysqlSchema).map((table) => mysqlConfig(table)) },
];

for (const { target, open, schema } of targets) {
  describeIf(target.available, `the schema for Drizzle on ${target.name}`, target.howToEnable, () => {
    test('has every column of our tables, and reads sessions and how they ended', async () => {
      await using app = await open();
      await migrateToLatest(app.db);
      const ours = (await app.columns()).filter(({ table }) => !table.startsWith('trpc_sessions_migration'));
      expect(sorted(columnsIn(schema))).toEqual(sorted(ours));

      const manager = createSessionManager({ db: app.db, keys: secret });
      const { session } = await manager.issue({ userId: 'ada' });
      const { id, createdAt } = session;
      expect(await app.sessions()).toMatchObject([{ id, createdAt, device: expect.stringContaining('{') }]);
      await manager.revoke({ userId: 'ada', id });
      expect(await app.sessions()).toEqual([]);
      expect(await app.history()).toMatchObject([{ id, createdAt, endedAt: expect.any(Date), cause: 'revoked' }]);
      await manager.close();
    });
  });
}

import type { SessionsDatabase } from '@trpc-sessions/core';
import { MysqlAdapter, sql, type Kysely } from 'kysely';

/** The app's own tables, and the sessions beside them. */
export interface Database extends SessionsDatabase {
  users: UsersTable;
}

export interface UsersTable {
  id: string;
  username: string;
  password_hash: string;
}

/** Creates the app's own tables. A real app has its own migrations for them. */
export async function createTables(db: Kysely<Database>): Promise<void> {
  const { adapter } = db.getExecutor();
  // The default collation of MySQL and MariaDB takes `ADMIN` and `ádmin` for `admin`.
  const collation = adapter instanceof MysqlAdapter ? sql` character set utf8mb4 collate utf8mb4_bin` : sql``;
  const create = db.schema
    .createTable('users')
    .ifNotExists()
    .addColumn('id', 'varchar(36)', (column) => column.primaryKey())
    .addColumn('username', sql`varchar(100)${collation}`, (column) => column.notNull().unique())
    .addColumn('password_hash', 'varchar(255)', (column) => column.notNull());
  // On PostgreSQL, one of two processes that do this together fails. On its second attempt, the table exists.
  await create.execute().catch(() => create.execute());
}

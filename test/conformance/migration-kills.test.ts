import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { migrateToLatest } from '@trpc-sessions/core';
import { Kysely, type Dialect } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createSharedDatabase,
  mysql,
  postgres,
  sqlite,
  type AppDatabase,
  type CliTarget,
  type SharedDatabase,
} from '../cli/databases.ts';
import { describeIf, slow } from '../support/optional.ts';
import { startProxy } from '../support/proxy.ts';
import { withoutTransactions } from '../support/without-transactions.ts';

const program = new URL('migrating-app.ts', import.meta.url).pathname;

/** A read leaves the database as the write before it did. */
const isWrite = (text: string): boolean => !/^\s*(?:select|with)\b/i.test(text);

/** Lets a number of writes pass. Then it calls `onBreak`, and no statement reaches the database any more. */
function breakAfter(statements: number, dialect: Dialect, onBreak: () => void): Dialect {
  let passed = 0;
  let isBroken = false;
  const driver = dialect.createDriver();
  const acquireConnection = driver.acquireConnection.bind(driver);
  driver.acquireConnection = async (...args) => {
    const connection = await acquireConnection(...args);
    const { executeQuery } = Object.getPrototypeOf(connection);
    connection.executeQuery = (...query) => {
      const [{ sql: text }] = query;
      if (passed === statements && isWrite(text)) {
        isBroken = true;
        onBreak();
      }
      if (isBroken) return Promise.reject(new Error('the connection is broken'));
      if (isWrite(text)) passed += 1;
      return executeQuery.apply(connection, query);
    };
    return connection;
  };
  return {
    createAdapter: () => dialect.createAdapter(),
    createDriver: () => driver,
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
  };
}

/** How a driver differs from the usual one. */
type Wrap = (dialect: Dialect) => Dialect;

/** Migrates, and breaks the connections after a number of writes. Answers whether there were more. */
async function migrateAndBreak(
  target: CliTarget,
  { url, table }: AppDatabase,
  statements: number,
  wrap: Wrap,
): Promise<boolean> {
  let isBroken = false;
  await using wire = target === sqlite ? undefined : await startProxy(url);
  const dialect = target.open(wire?.url ?? url);
  const breaking = breakAfter(statements, dialect, () => {
    isBroken = true;
    wire?.cut();
  });
  const db = new Kysely({ dialect: wrap(breaking) });
  await migrateToLatest(db, { table }).catch((error: unknown) => {
    if (!isBroken) throw error;
  });
  // On SQLite, closing rolls back, as the next process does.
  await db.destroy().catch(() => {});
  return isBroken;
}

const asItIs: Wrap = (dialect) => dialect;

for (const target of [sqlite, postgres, mysql]) {
  const { available, howToEnable } = slow(target);
  describeIf(available, `interrupted migrations on ${target.name}`, howToEnable, () => {
    let shared: SharedDatabase;
    beforeAll(async () => {
      shared = await createSharedDatabase(target);
    });
    afterAll(() => shared[Symbol.asyncDispose]());

    /** Migrates a table after a kill, and checks that it is complete. */
    async function finish(app: AppDatabase, wrap: Wrap = asItIs): Promise<void> {
      const { url, table } = app;
      const db = new Kysely({ dialect: wrap(target.open(url)) });
      await migrateToLatest(db, { table });
      expect(await migrateToLatest(db, { table })).toEqual([]);
      await db.destroy();
      const manager = app.manager();
      await manager.verify((await manager.issue({ userId: 'ada' })).token);
      expect(await manager.revokeAll('ada')).toBe(1);
      for (const column of ['user_id', 'expires_at', 'last_seen_at', 'created_at']) await app.dropIndex(column);
    }

    test.each([
      ['a connection that breaks', asItIs],
      ['a connection without transactions that breaks', withoutTransactions],
    ])('a migration on %s at any write is finished by the next one', async (_, wrap) => {
      let statements = 0;
      for (; ; statements += 1) {
        const app = shared.createApp();
        if (!(await migrateAndBreak(target, app, statements, wrap))) break;
        await finish(app, wrap);
      }
      // The tables, the indexes and the rows of the log are more: the connection broke.
      expect(statements).toBeGreaterThan(12);
    });

    test.each([
      ['create table', ' '],
      ['create index', '_expires_at'],
      ['create table', '_revocations'],
      ['alter table', ' add column name'],
      ['create index', '_created_at'],
    ])('a migration that is killed at %s …%s is finished by the next one', async (kind, end) => {
      const app = shared.createApp();
      const { url, table } = app;
      const statement = `${kind} ${table}${end}`;
      const options = ['--conditions=@trpc-sessions/source', program, url, table, statement];
      const child = spawn(process.execPath, options, { stdio: ['ignore', 'inherit', 'inherit'] });
      expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
      await finish(app);
    });
  });
}

import { createSessionManager, migrateToLatest } from '@trpc-sessions/core';
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
import { describeIf } from '../support/optional.ts';
import { startProxy } from '../support/proxy.ts';

/** Lets a number of statements pass. Then it calls `kill`, and no statement reaches the database any more. */
function killAfter(statements: number, dialect: Dialect, kill: () => void): Dialect {
  let passed = 0;
  const driver = dialect.createDriver();
  const acquireConnection = driver.acquireConnection.bind(driver);
  driver.acquireConnection = async (...args) => {
    const connection = await acquireConnection(...args);
    const { executeQuery } = Object.getPrototypeOf(connection);
    connection.executeQuery = (...query) => {
      if (passed === statements) kill();
      if (passed >= statements) return Promise.reject(new Error('killed'));
      passed += 1;
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

/** Migrates, and breaks the connections after a number of statements. Answers whether there were that many. */
async function migrateAndDie(target: CliTarget, { url, table }: AppDatabase, statements: number): Promise<boolean> {
  let isDead = false;
  await using wire = target === sqlite ? undefined : await startProxy(url);
  const dialect = target.open(wire?.url ?? url);
  const db = new Kysely({
    dialect: killAfter(statements, dialect, () => {
      isDead = true;
      wire?.cut();
    }),
  });
  await migrateToLatest(db, { table }).catch((error: unknown) => {
    if (!isDead) throw error;
  });
  // On SQLite, closing rolls back, as the next process does after a kill.
  await db.destroy().catch(() => {});
  return isDead;
}

for (const target of [sqlite, postgres, mysql]) {
  describeIf(target.available, `on ${target.name}`, target.howToEnable, () => {
    let shared: SharedDatabase;
    beforeAll(async () => {
      shared = await createSharedDatabase(target);
    });
    afterAll(() => shared[Symbol.asyncDispose]());

    test('a migration that is killed at any statement is finished by the next one', async () => {
      let statements = 0;
      for (; ; statements += 1) {
        const app = shared.createApp();
        const { db, table } = app;
        if (!(await migrateAndDie(target, app, statements))) break;

        await migrateToLatest(db, { table });
        expect(await migrateToLatest(db, { table })).toEqual([]);
        const manager = createSessionManager({ db, table, keys: 'a secret of more than thirty-two bytes' });
        await manager.verify((await manager.issue({ userId: 'ada' })).token);
        for (const column of ['user_id', 'expires_at', 'last_seen_at']) {
          await app.dropIndex(column);
        }
      }
      // Fewer than the tables, the indexes and the rows of the log would mean that nothing was killed.
      expect(statements).toBeGreaterThan(8);
    });
  });
}

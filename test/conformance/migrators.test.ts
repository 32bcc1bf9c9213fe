import { join } from 'node:path';
import { createMigrations, migrateToLatest } from '@trpc-sessions/core';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { expect, test } from 'vitest';
import { spawnCli } from '../cli/command-line.ts';
import { createApp, createFolder, mysql, postgres, sqlite } from '../cli/databases.ts';
import { describeIf, describeSlow } from '../support/optional.ts';
import { withoutTransactions } from '../support/without-transactions.ts';

const ours = createMigrations();
const names = Object.keys(ours);

for (const target of [sqlite, postgres, mysql]) {
  describeIf(target.available, `simultaneous migrations on ${target.name}`, target.howToEnable, () => {
    describeSlow('in several processes', () => {
      test('all succeed, and one of them does the work', async () => {
        await using app = await createApp(target);
        const outcomes = await Promise.all(
          Array.from({ length: 3 }, () => spawnCli(['migrate', '--json'], { url: app.url })),
        );
        expect(outcomes.flatMap(({ stdout }) => JSON.parse(stdout).applied)).toEqual(names);
      });
    });

    test('migrations of one process that start at once all succeed, and one of them does the work', async () => {
      await using app = await createApp(target);
      const results = await Promise.all(Array.from({ length: 5 }, () => migrateToLatest(app.db)));
      expect(results.flat().map(({ migrationName }) => migrationName)).toEqual(names);
    });

    test('migrations of one process on twelve connections all succeed, and one of them does the work', async () => {
      await using app = await createApp(target);
      const databases = Array.from({ length: 12 }, () => new Kysely({ dialect: target.open(app.url) }));
      const results = await Promise.all(databases.map((db) => migrateToLatest(db)));
      expect(results.flat().map(({ migrationName }) => migrationName)).toEqual(names);
      await Promise.all(databases.map((db) => db.destroy()));
    });
  });
}

for (const target of [sqlite, postgres, mysql]) {
  const title = `migrations on ${target.name} without transactions`;
  describeIf(target.available, title, target.howToEnable, () => {
    const open = (url: string) => new Kysely({ dialect: withoutTransactions(target.open(url)) });

    test('that start at once on twelve connections all succeed, and each is done once', async () => {
      await using app = await createApp(target);
      const databases = Array.from({ length: 12 }, () => open(app.url));
      const results = await Promise.all(databases.map((db) => migrateToLatest(db)));
      expect(
        results
          .flat()
          .map(({ migrationName }) => migrationName)
          .toSorted(),
      ).toEqual(names);
      expect(await migrateToLatest(databases[0]!)).toEqual([]);
      await Promise.all(databases.map((db) => db.destroy()));
    });

    test("also run among the app's own", async () => {
      await using app = await createApp(target);
      const db = open(app.url);
      const migrator = new Migrator({
        db,
        provider: { getMigrations: () => Promise.resolve(ours) },
        disableTransactions: true,
      });
      const { error, results } = await migrator.migrateToLatest();
      expect(error).toBeUndefined();
      expect(results?.map(({ migrationName }) => migrationName)).toEqual(names);
      await db.destroy();
    });

    test('refuse a table that is not ours, as they do with transactions', async () => {
      await using app = await createApp(target);
      const db = open(app.url);
      await db.schema.createTable('sessions').addColumn('id', 'integer').execute();
      await expect(migrateToLatest(db)).rejects.toThrow(/already exists and is not a sessions table/);
      await db.destroy();
    });
  });
}

test('a migration ends well if the driver rolls a raw transaction back after its statement, as libSQL does over HTTP', async () => {
  const database = new SqliteDatabase(':memory:');
  const dialect = new SqliteDialect({ database });
  const driver = dialect.createDriver();
  const acquireConnection = driver.acquireConnection.bind(driver);
  driver.acquireConnection = async (...options) => {
    const connection = await acquireConnection(...options);
    const { executeQuery } = Object.getPrototypeOf(connection);
    connection.executeQuery = async (query, ...rest) => {
      const result = await executeQuery.call(connection, query, ...rest);
      // Kysely's own transactions begin with `begin` alone.
      if (query.sql === 'begin immediate') database.exec('rollback');
      return result;
    };
    return connection;
  };
  const db = new Kysely({
    dialect: {
      createAdapter: () => dialect.createAdapter(),
      createDriver: () => driver,
      createIntrospector: (of) => dialect.createIntrospector(of),
      createQueryCompiler: () => dialect.createQueryCompiler(),
    },
  });
  const applied = await migrateToLatest(db);
  expect(applied.map(({ migrationName }) => migrationName)).toEqual(Object.keys(createMigrations()));
  expect(await migrateToLatest(db)).toEqual([]);
  await db.destroy();
});

test('on SQLite a migration takes the write lock before it looks at the table, and others of the process wait', async () => {
  await using folder = await createFolder();
  const open = (): SqliteDatabase.Database => new SqliteDatabase(join(folder.path, 'app.db'), { timeout: 0 });
  // In this mode a reader keeps no writer out.
  const file = open();
  file.pragma('journal_mode = wal');
  const begun = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const first = new Kysely({
    dialect: new SqliteDialect({ database: file }),
    async log({ query }) {
      if (query.sql !== 'begin immediate') return;
      begun.resolve();
      await held.promise;
    },
  });
  const others = Array.from({ length: 3 }, () => new Kysely({ dialect: new SqliteDialect({ database: open() }) }));
  const migrating = migrateToLatest(first);
  await begun.promise;
  const waiting = others.map((other) => migrateToLatest(other));
  const writer = open();
  expect(() => writer.exec('begin immediate')).toThrow('database is locked');
  held.resolve();
  expect((await migrating).map(({ migrationName }) => migrationName)).toEqual(names);
  expect(await Promise.all(waiting)).toEqual([[], [], []]);
  writer.close();
  await Promise.all([first, ...others].map((db) => db.destroy()));
});

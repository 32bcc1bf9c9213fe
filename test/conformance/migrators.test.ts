import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { migrateToLatest } from '@trpc-sessions/core';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { expect, test } from 'vitest';
import { createApp, createFolder, mysql, postgres, sqlite } from '../cli/databases.ts';
import { describeIf } from '../support/optional.ts';

const run = promisify(execFile);
const cli = new URL('../../packages/core/src/cli/bin.ts', import.meta.url).pathname;
const migration = 'trpc_sessions_0001_sessions';

for (const target of [sqlite, postgres, mysql]) {
  describeIf(target.available, `on ${target.name}`, target.howToEnable, () => {
    test('processes that migrate at once all succeed, and one of them does the work', { timeout: 60_000 }, async () => {
      await using app = await createApp(target);
      const env = { ...process.env, DATABASE_URL: app.url };
      const outcomes = await Promise.all(
        Array.from({ length: 5 }, () => run(process.execPath, [cli, 'migrate', '--json'], { env })),
      );
      expect(outcomes.flatMap(({ stdout }) => JSON.parse(stdout).applied)).toEqual([migration]);
    });

    test('migrators of one process that start at once all succeed, and one of them does the work', async () => {
      await using app = await createApp(target);
      const results = await Promise.all(Array.from({ length: 5 }, () => migrateToLatest(app.db)));
      expect(results.flat().map(({ migrationName }) => migrationName)).toEqual([migration]);
    });
  });
}

test('on SQLite a migrator that has looked at the database lets no other look until it is done', async () => {
  await using folder = await createFolder();
  const open = (): SqliteDatabase.Database => new SqliteDatabase(join(folder.path, 'app.db'), { timeout: 0 });
  // Where a reader keeps no writer out: the writers must do so themselves.
  const [file, other] = [open(), open()];
  file.pragma('journal_mode = wal');
  const looked = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const first = new Kysely({
    dialect: new SqliteDialect({ database: file }),
    async log({ query }) {
      if (!/^select\b.*sqlite_master/.test(query.sql)) return;
      looked.resolve();
      await held.promise;
    },
  });
  const second = new Kysely({ dialect: new SqliteDialect({ database: other }) });

  const migrating = migrateToLatest(first);
  await looked.promise;
  await expect(migrateToLatest(second)).rejects.toMatchObject({ code: 'SQLITE_BUSY' });
  held.resolve();
  expect((await migrating).map(({ migrationName }) => migrationName)).toEqual([migration]);
  expect(await migrateToLatest(second)).toEqual([]);
  await Promise.all([first.destroy(), second.destroy()]);
});

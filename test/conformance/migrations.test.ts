import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createMigrations,
  createSessionManager,
  migrateToLatest,
  migrations,
  type SessionsDatabase,
} from '@trpc-sessions/core';
import { Kysely, sql } from 'kysely';
import { FileMigrationProvider, Migrator, type Migration, type MigratorProps } from 'kysely/migration';
import { describe, expect, test } from 'vitest';
import { createApp, mysql, postgres, sqlite, type AppDatabase, type CliTarget } from '../cli/databases.ts';
import { describeIf } from '../support/optional.ts';

const ours = Object.keys(createMigrations());
const longest = 'a'.repeat(48);
const keys = 'a secret of more than thirty-two bytes';

const namesOf = (results: readonly { migrationName: string }[] = []): string[] =>
  results.map(({ migrationName }) => migrationName);

/** Signs in and out, in a table. */
async function use(db: Kysely<SessionsDatabase>, table: string): Promise<void> {
  const manager = createSessionManager({ db, table, keys });
  const { token } = await manager.issue({ userId: 'ada' });
  await manager.verify(token);
  expect(await manager.revokeAll('ada')).toBe(1);
}

/** Writes a migration of a newer release into the log. */
async function addLaterMigration(db: Kysely<SessionsDatabase>): Promise<void> {
  const values = sql`'trpc_sessions_0999_later', ${new Date().toISOString()}`;
  await sql`insert into trpc_sessions_migration (name, ${sql.ref('timestamp')}) values (${values})`.execute(db);
}

function testMigrations(target: CliTarget): void {
  describeIf(target.available, `migrations on ${target.name}`, target.howToEnable, () => {
    test.each(['other_sessions', 'trpc_sessions', 'constructor', '__proto__', longest])(
      'migrateToLatest also creates a table named %s',
      async (table) => {
        await using app = await createApp(target);
        expect(namesOf(await migrateToLatest(app.db))).toEqual(ours);
        expect(namesOf(await migrateToLatest(app.db, { table }))).toEqual(ours);
        for (const name of ['sessions', table]) {
          await use(app.db, name);
          expect(await migrateToLatest(app.db, { table: name })).toEqual([]);
        }
      },
    );

    test('tables of the app may be named like members of an object', async () => {
      await using app = await createApp(target);
      for (const name of ['constructor', '__proto__']) {
        await app.db.schema.createTable(name).addColumn('id', 'integer').execute();
      }
      expect(namesOf(await migrateToLatest(app.db))).toEqual(ours);
      await use(app.db, 'sessions');
    });

    test('migrations of a newer release are nothing to do for an older one', async () => {
      await using app = await createApp(target);
      await migrateToLatest(app.db);
      await addLaterMigration(app.db);
      expect(await migrateToLatest(app.db)).toEqual([]);
    });

    test('a newer release may migrate while an older one starts to', async () => {
      await using app = await createApp(target);
      const looked = Promise.withResolvers<void>();
      const held = Promise.withResolvers<void>();
      const older = new Kysely({
        dialect: target.open(app.url),
        async log() {
          looked.resolve();
          await held.promise;
        },
      });
      const migrating = migrateToLatest(older);
      await looked.promise;
      await migrateToLatest(app.db);
      await addLaterMigration(app.db);
      held.resolve();
      expect(await migrating).toEqual([]);
      await older.destroy();
    });

    describe('the migrations of an app', () => {
      const own = (table: string): Migration => ({
        up: (db) => db.schema.createTable(table).addColumn('id', 'integer').execute(),
        down: (db) => db.schema.dropTable(table).execute(),
      });
      async function migrate(app: AppDatabase, props: Omit<MigratorProps, 'db'>): Promise<string[]> {
        const { error, results } = await new Migrator({ db: app.db, ...props }).migrateToLatest();
        if (error !== undefined) throw error;
        return namesOf(results);
      }

      test('include ours under names of their own, and continue', async () => {
        await using app = await createApp(target);
        const first: Record<string, Migration> = { '0001_users': own('users') };
        const second = {
          ...first,
          '0002_sessions': migrations.trpc_sessions_0001_sessions,
          '0003_revocations': migrations.trpc_sessions_0002_revocations,
          '0004_session_details': migrations.trpc_sessions_0003_session_details,
          '0005_sign_in_attempts': migrations.trpc_sessions_0004_sign_in_attempts,
          '0006_session_history': migrations.trpc_sessions_0005_session_history,
        };
        const third = { ...second, '0007_posts': own('posts') };
        const steps = [first, second, third].map((all) => ({ provider: { getMigrations: async () => all } }));
        const applied = [];
        for (const props of steps) applied.push(await migrate(app, props));

        expect(applied).toEqual([
          ['0001_users'],
          [
            '0002_sessions',
            '0003_revocations',
            '0004_session_details',
            '0005_sign_in_attempts',
            '0006_session_history',
          ],
          ['0007_posts'],
        ]);
        await use(app.db, 'sessions');
        const migrator = new Migrator({ db: app.db, ...steps[2]! });
        expect(namesOf((await migrator.migrateTo('0001_users')).results)).toEqual([
          '0007_posts',
          '0006_session_history',
          '0005_sign_in_attempts',
          '0004_session_details',
          '0003_revocations',
          '0002_sessions',
        ]);
        expect(namesOf((await migrator.migrateToLatest()).results)).toEqual([
          '0002_sessions',
          '0003_revocations',
          '0004_session_details',
          '0005_sign_in_attempts',
          '0006_session_history',
          '0007_posts',
        ]);
      });

      test('include ours under our names, if their order is free', async () => {
        await using app = await createApp(target);
        const first: Record<string, Migration> = { '0001_users': own('users'), ...createMigrations() };
        const second = { ...first, '0002_posts': own('posts') };
        const applied = [];
        for (const all of [first, second]) {
          const provider = { getMigrations: async () => all };
          applied.push(await migrate(app, { provider, allowUnorderedMigrations: true }));
        }
        expect(applied).toEqual([['0001_users', ...ours], ['0002_posts']]);
        await use(app.db, 'sessions');
      });
    });
  });
}

for (const target of [sqlite, postgres, mysql]) testMigrations(target);

test('a file of migrations may export ours', async () => {
  const cache = new URL('../node_modules/.cache/', import.meta.url).pathname;
  await mkdir(cache, { recursive: true });
  // In the workspace, where the package is found.
  const folder = await mkdtemp(join(cache, 'migrations-'));
  await using app = await createApp(sqlite);
  const own = (table: string): string =>
    `export const up = (db) => db.schema.createTable('${table}').addColumn('id', 'integer').execute();`;
  const oursOf = (name: string): string => `
    import { createMigrations } from '@trpc-sessions/core';
    export const { up, down } = createMigrations({ table: 'app_sessions' }).${name};
  `;
  const provider = new FileMigrationProvider({
    fs: { readdir },
    path: { join },
    migrationFolder: folder,
    import: (file: string) => import(/* @vite-ignore */ file),
  });
  const applied = [];
  for (const [name, code] of [
    ['2026-11-22_users', own('users')],
    ['2026-11-23_sessions', oursOf('trpc_sessions_0001_sessions')],
    ['2026-11-23_sessions_revocations', oursOf('trpc_sessions_0002_revocations')],
    ['2026-11-23_sessions_session_details', oursOf('trpc_sessions_0003_session_details')],
    ['2026-11-23_sessions_session_history', oursOf('trpc_sessions_0005_session_history')],
    ['2026-11-23_sessions_sign_in_attempts', oursOf('trpc_sessions_0004_sign_in_attempts')],
    ['2026-11-24_posts', own('posts')],
  ] as const) {
    await writeFile(join(folder, `${name}.mjs`), code);
    const { error, results } = await new Migrator({ db: app.db, provider }).migrateToLatest();
    applied.push(error ?? namesOf(results));
  }
  expect(applied).toEqual([
    ['2026-11-22_users'],
    ['2026-11-23_sessions'],
    ['2026-11-23_sessions_revocations'],
    ['2026-11-23_sessions_session_details'],
    ['2026-11-23_sessions_session_history'],
    ['2026-11-23_sessions_sign_in_attempts'],
    ['2026-11-24_posts'],
  ]);
  await use(app.db, 'app_sessions');
  await rm(folder, { recursive: true });
});

describe('a schema', () => {
  describeIf(postgres.available, 'of PostgreSQL', postgres.howToEnable, () => {
    test('has a table and a log of its own, whichever is created first', async () => {
      await using app = await createApp(postgres);
      await sql`create schema auth`.execute(app.db);
      for (const table of ['auth.sessions', 'sessions', 'public.other_sessions', 'auth.other_sessions']) {
        expect(namesOf(await migrateToLatest(app.db, { table }))).toEqual(ours);
        expect(await migrateToLatest(app.db, { table })).toEqual([]);
        await use(app.db, table);
      }
      expect(await migrateToLatest(app.db, { table: 'public.sessions' })).toEqual([]);
    });

    test('that comes first in the search path later on hides no log', async () => {
      await using app = await createApp(postgres);
      await migrateToLatest(app.db);
      await sql`create schema postgres`.execute(app.db);
      expect(await migrateToLatest(app.db)).toEqual([]);
      await use(app.db, 'sessions');
    });

    test('is created if it does not exist', async () => {
      await using app = await createApp(postgres);
      expect(namesOf(await migrateToLatest(app.db, { table: 'auth.sessions' }))).toEqual(ours);
      await use(app.db, 'auth.sessions');
    });
  });

  describeIf(mysql.available, 'of MariaDB is another database', mysql.howToEnable, () => {
    test('which has a table and a log of its own', async () => {
      await using app = await createApp(mysql);
      await using auth = await createApp(mysql);
      const table = `${new URL(auth.url).pathname.slice(1)}.sessions`;
      for (const name of [table, 'sessions']) {
        expect(namesOf(await migrateToLatest(app.db, { table: name }))).toEqual(ours);
        expect(await migrateToLatest(app.db, { table: name })).toEqual([]);
      }
      await use(app.db, table);

      const there = createSessionManager({ db: auth.db, keys });
      await createSessionManager({ db: app.db, table, keys }).issue({ userId: 'ada' });
      expect(await there.list('ada')).toHaveLength(1);
      expect(await migrateToLatest(auth.db)).toEqual([]);
      await use(app.db, 'sessions');
    });

    test('which is created if it does not exist', async () => {
      await using app = await createApp(mysql);
      const schema = `${new URL(app.url).pathname.slice(1)}_auth`;
      const table = `${schema}.sessions`;
      expect(namesOf(await migrateToLatest(app.db, { table }))).toEqual(ours);
      await use(app.db, table);
      await app.db.schema.dropSchema(schema).execute();
    });
  });

  test('is refused on SQLite', async () => {
    await using app = await createApp(sqlite);
    const none = { name: 'RangeError', message: 'table: SQLite has no schemas, got "auth.sessions"' };
    const table = 'auth.sessions';
    await expect(migrateToLatest(app.db, { table })).rejects.toMatchObject(none);
    await expect(createMigrations({ table }).trpc_sessions_0001_sessions.up(app.db)).rejects.toMatchObject(none);
    expect(await app.db.introspection.getTables({ withInternalKyselyTables: true })).toEqual([]);
  });
});

describe('a user without the right to create tables', () => {
  const rights = 'select, insert, update, delete';

  describeIf(postgres.available, 'of PostgreSQL', postgres.howToEnable, () => {
    test('may migrate when nothing is to do, if it may read the log', async () => {
      await using app = await createApp(postgres);
      await migrateToLatest(app.db);
      const role = `app_${process.pid}`;
      await sql`create role ${sql.id(role)} login`.execute(app.db);
      try {
        await sql`grant ${sql.raw(rights)} on sessions, sessions_revocations, sessions_history to ${sql.id(role)}`.execute(
          app.db,
        );
        await sql`grant select on trpc_sessions_migration to ${sql.id(role)}`.execute(app.db);
        const url = Object.assign(new URL(app.url), { username: role }).href;
        const db = new Kysely<SessionsDatabase>({ dialect: postgres.open(url) });
        expect(await migrateToLatest(db)).toEqual([]);
        await use(db, 'sessions');
        await expect(migrateToLatest(db, { table: 'other_sessions' })).rejects.toThrow(/permission denied/);
        await db.destroy();
      } finally {
        await sql`drop owned by ${sql.id(role)}`.execute(app.db);
        await sql`drop role ${sql.id(role)}`.execute(app.db);
      }
    });
  });

  describeIf(mysql.available, 'of MariaDB', mysql.howToEnable, () => {
    test('may migrate when nothing is to do, if it may read the log', async () => {
      await using app = await createApp(mysql);
      await using other = await createApp(mysql);
      const elsewhere = `${new URL(other.url).pathname.slice(1)}.sessions`;
      for (const { db } of [app, other]) await migrateToLatest(db);
      const user = `app_${process.pid}`;
      const account = sql`${sql.lit(user)}@'%'`;
      await sql`create user ${account}`.execute(app.db);
      try {
        for (const { db } of [app, other]) {
          for (const table of ['sessions', 'sessions_revocations', 'sessions_positions', 'sessions_history']) {
            await sql`grant ${sql.raw(rights)} on ${sql.table(table)} to ${account}`.execute(db);
          }
          await sql`grant select on trpc_sessions_migration to ${account}`.execute(db);
        }
        const url = Object.assign(new URL(app.url), { username: user }).href;
        const db = new Kysely<SessionsDatabase>({ dialect: mysql.open(url) });
        for (const table of ['sessions', elsewhere]) {
          expect(await migrateToLatest(db, { table })).toEqual([]);
          await use(db, table);
        }
        await expect(migrateToLatest(db, { table: 'other_sessions' })).rejects.toThrow(/denied/);
        await db.destroy();
      } finally {
        await sql`drop user ${account}`.execute(app.db);
      }
    });
  });
});

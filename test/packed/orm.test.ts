import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createSessionManager, migrateToLatest } from '@trpc-sessions/core';
import SQLite from 'better-sqlite3';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createPostgresDatabase, postgres } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';
import { createApp, tested } from './app.ts';

const run = promisify(execFile);
const page = new URL('../../docs/orm.md', import.meta.url);

const packages = [
  'drizzle-orm@0.45.4',
  'drizzle-kit@0.31.11',
  'prisma@7.10.1',
  '@prisma/client@7.10.0',
  '@prisma/adapter-better-sqlite3@7.10.0',
];

/** Deletes the sessions of a user with the user, as in docs/guide.md. */
const triggers = [
  'create trigger users_sessions after delete on users begin delete from sessions where user_id = old.id; end;',
  `create trigger sessions_user before insert on sessions when not exists (select 1 from users where id = new.user_id)
   begin select raise(abort, 'FOREIGN KEY constraint failed'); end;`,
];

// It installs both from the npm registry, which takes a minute.
describe('beside an ORM', () => {
  let folder: string;
  const env = {
    ...process.env,
    SESSION_SECRET: 'a secret of more than thirty-two bytes',
    CHECKPOINT_DISABLE: '1',
    // The engine of the migrations is a download. Validation and the client do not run it.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
  };
  const node = async (...args: readonly string[]): Promise<string> => {
    const { stdout, stderr } = await run(process.execPath, args, { cwd: folder, env, timeout: 120_000 }).catch(
      (error: { stdout: string; stderr: string }) => error,
    );
    return stdout + stderr;
  };
  const evaluate = (code: string) => node('--input-type=module', '--eval', code);

  beforeAll(async () => {
    const drivers = await Promise.all(['better-sqlite3', 'kysely', 'pg'].map(tested));
    // The adapter of Prisma asks for an older release, whose native code is another download.
    const manifest = { type: 'module', overrides: { 'better-sqlite3': '$better-sqlite3' } };
    folder = await createApp(manifest, [...drivers, ...packages], ['--ignore-scripts']);
    const blocks = (await readFile(page, 'utf8')).matchAll(/```js title="([\w.]+)"\n([\s\S]*?)```/g);
    for (const [, name = '', code = ''] of blocks) await writeFile(join(folder, name), code);
  }, 400_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function startEmpty(): Promise<void> {
    for (const file of ['app.db', 'app.db-wal', 'app.db-shm']) await rm(join(folder, file), { force: true });
  }

  describe('Drizzle', () => {
    const drizzleKit = (...args: readonly string[]) => node('node_modules/drizzle-kit/bin.cjs', ...args);

    beforeAll(async () => {
      await startEmpty();
      const schema = `
        import { sqliteTable, text } from 'drizzle-orm/sqlite-core';
        export const users = sqliteTable('users', { id: text().primaryKey(), name: text().notNull() });`;
      await writeFile(join(folder, 'schema.js'), schema);
    });

    test('push creates the users, then detects no changes, and the sessions stay', async () => {
      await evaluate(`await import('./drizzle.js');`);
      await drizzleKit('push');
      const issued = `const { manager } = await import('./drizzle.js'); await manager.issue({ userId: 'ada' });`;
      await evaluate(issued);
      expect(await drizzleKit('push')).toContain('No changes detected');
      const count = `const { manager } = await import('./drizzle.js'); console.log((await manager.list('ada')).length);`;
      expect((await evaluate(count)).trim()).toBe('1');
    });

    test('push without the filter is about to delete them', async () => {
      const config = await readFile(join(folder, 'drizzle.config.js'), 'utf8');
      await writeFile(join(folder, 'unfiltered.config.js'), config.replace(/.*tablesFilter.*\n/, ''));
      expect(await drizzleKit('push', '--config=unfiltered.config.js')).toContain('delete sessions table');
    });

    test('a migration of its own deletes the sessions of a user with the user', async () => {
      await startEmpty();
      await drizzleKit('generate', '--name=users');
      await drizzleKit('generate', '--custom', '--name=sessions');
      await writeFile(join(folder, 'drizzle/0001_sessions.sql'), triggers.join('\n--> statement-breakpoint\n'));
      await evaluate(`await import('./drizzle.js');`);
      await drizzleKit('migrate');
      expect(await drizzleKit('generate')).toContain('nothing to migrate');
      const output = await evaluate(`
        import { eq } from 'drizzle-orm';
        import { manager, orm } from './drizzle.js';
        import { users } from './schema.js';
        orm.insert(users).values({ id: 'ada', name: 'Ada' }).run();
        await manager.issue({ userId: 'ada' });
        orm.delete(users).where(eq(users.id, 'ada')).run();
        const { reason } = await manager.issue({ userId: 'eve' }).catch((error) => error);
        console.log((await manager.list('ada')).length, reason);`);
      expect(output.trim()).toBe('0 invalid_credentials');
    });
  });

  describeIf(postgres.available, 'Drizzle on PostgreSQL', postgres.howToEnable, () => {
    /** A database with a session in this table, and the configuration of the page for it. */
    async function startWith(table: string) {
      const { url, dispose } = await createPostgresDatabase();
      const pool = new pg.Pool({ connectionString: url });
      // Dropping the database ends connections that the pool has just closed.
      pool.on('error', () => {});
      onTestFinished(async () => {
        await pool.end();
        await dispose();
      });
      await pool.query('create schema auth');
      await migrateToLatest(pool, { table });
      const manager = createSessionManager({ db: pool, keys: env.SESSION_SECRET, table });
      await manager.issue({ userId: 'ada' });
      const schema = `
        import { pgTable, text } from 'drizzle-orm/pg-core';
        export const users = pgTable('users', { id: text().primaryKey(), name: text().notNull() });`;
      await writeFile(join(folder, 'schema.postgres.js'), schema);
      const config = (await readFile(join(folder, 'drizzle.config.js'), 'utf8'))
        .replace("'sqlite'", "'postgresql'")
        .replace("'./schema.js'", "'./schema.postgres.js'")
        .replace("'app.db'", JSON.stringify(url));
      await writeFile(join(folder, 'postgres.config.js'), config);
      await writeFile(join(folder, 'postgres.unfiltered.config.js'), config.replace(/.*tablesFilter.*\n/, ''));
      const push = (name: string) => node('node_modules/drizzle-kit/bin.cjs', 'push', `--config=${name}.config.js`);
      return { push, count: async () => (await manager.list('ada')).length };
    }

    test('push creates the users, then detects no changes, and the sessions stay', async () => {
      const { push, count } = await startWith('sessions');
      expect(await push('postgres')).toContain('Changes applied');
      expect(await push('postgres')).toContain('No changes detected');
      expect(await count()).toBe(1);
      expect(await push('postgres.unfiltered')).toContain('delete sessions table');
    });

    test('a schema of our own needs no filter', async () => {
      const { push, count } = await startWith('auth.sessions');
      expect(await push('postgres.unfiltered')).toContain('Changes applied');
      expect(await push('postgres.unfiltered')).toContain('No changes detected');
      expect(await count()).toBe(1);
    });
  });

  describe('Prisma', () => {
    const prisma = (...args: readonly string[]) => node('node_modules/prisma/build/index.js', ...args);

    beforeAll(async () => {
      await startEmpty();
      await mkdir(join(folder, 'prisma'), { recursive: true });
      const schema = `
        generator client {
          provider = "prisma-client"
          output   = "../generated"
        }
        datasource db {
          provider = "sqlite"
        }
        model User {
          id   String @id
          name String
          @@map("users")
        }`;
      await writeFile(join(folder, 'prisma/schema.prisma'), schema);
    });

    test('the configuration names every table of ours as external, and is valid', async () => {
      expect(await prisma('validate')).toContain('is valid');
      const output = await evaluate(`
        import { migrateToLatest } from '@trpc-sessions/core';
        import Database from 'better-sqlite3';
        import config from './prisma.config.js';
        const database = new Database(':memory:');
        await migrateToLatest(database);
        const names = database.prepare("select name from sqlite_master where type = 'table'").pluck().all();
        console.log(JSON.stringify([names.toSorted(), config.tables.external.toSorted()]));`);
      const [tables, external] = JSON.parse(output);
      expect(external).toEqual(tables);
    });

    test('the client and the manager share the file, and a deleted user has no sessions', async () => {
      expect(await prisma('generate')).toContain('Generated Prisma Client');
      const output = await evaluate(`
        import { manager, prisma } from './prisma.js';
        await prisma.$executeRawUnsafe('create table users (id text primary key not null, name text not null)');
        for (const trigger of ${JSON.stringify(triggers)}) await prisma.$executeRawUnsafe(trigger);
        await prisma.user.create({ data: { id: 'ada', name: 'Ada' } });
        await manager.issue({ userId: 'ada' });
        const before = (await manager.list('ada')).length;
        await prisma.user.delete({ where: { id: 'ada' } });
        console.log(before, (await manager.list('ada')).length);`);
      expect(output.trim()).toBe('1 0');
    });
  });

  // The engine of the migrations is a download in Prisma 7. In Prisma 6, a driver adapter runs it as WebAssembly.
  describe('the migrations of Prisma 6', () => {
    let app: string;
    const push = async (config: string): Promise<string> => {
      const prisma = join(app, 'node_modules/prisma/build/index.js');
      const args = [prisma, 'db', 'push', '--skip-generate', `--config=${config}`];
      const engines = { PRISMA_QUERY_ENGINE_LIBRARY: process.execPath };
      const { stdout, stderr } = await run(process.execPath, args, {
        cwd: app,
        env: { ...env, ...engines },
        timeout: 120_000,
      }).catch((error: { stdout: string; stderr: string }) => error);
      return stdout + stderr;
    };

    beforeAll(async () => {
      const drivers = await Promise.all(['better-sqlite3', 'kysely'].map(tested));
      const manifest = { type: 'module', overrides: { 'better-sqlite3': '$better-sqlite3' } };
      const prisma6 = ['prisma@6.19.3', '@prisma/client@6.19.3', '@prisma/adapter-better-sqlite3@6.19.3'];
      app = await createApp(manifest, [...drivers, ...prisma6], ['--ignore-scripts']);
      await mkdir(join(app, 'prisma'));
      const schema = `
        datasource db {
          provider = "sqlite"
          url      = "file:./app.db"
        }
        model User {
          id   String @id
          name String
          @@map("users")
        }`;
      await writeFile(join(app, 'prisma/schema.prisma'), schema);
      const config = (await readFile(join(folder, 'prisma.config.js'), 'utf8'))
        .replace(/^/, `import { PrismaBetterSQLite3 } from '@prisma/adapter-better-sqlite3';\n`)
        .replace(
          /datasource: .*/,
          `engine: 'js', adapter: async () => new PrismaBetterSQLite3({ url: 'file:./app.db' }),`,
        )
        .replace('externalTables: true', 'adapter: true, externalTables: true');
      await writeFile(join(app, 'prisma.config.js'), config);
      await writeFile(join(app, 'unfiltered.config.js'), config.replace(/.*tables: \{ external.*\n/, ''));
    }, 400_000);

    afterAll(() => rm(app, { recursive: true, force: true }));

    test('push creates the users, then finds no changes, and the sessions stay', async () => {
      const database = new SQLite(join(app, 'app.db'));
      onTestFinished(() => void database.close());
      await migrateToLatest(database);
      const manager = createSessionManager({ db: database, keys: env.SESSION_SECRET });
      await manager.issue({ userId: 'ada' });
      expect(await push('prisma.config.js')).toContain('Your database is now in sync with your Prisma schema');
      expect(await push('prisma.config.js')).toContain('The database is already in sync with the Prisma schema');
      expect(await push('unfiltered.config.js')).toContain('You are about to drop the `sessions` table');
      expect(await manager.list('ada')).toHaveLength(1);
    });
  });
});

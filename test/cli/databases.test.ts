import {
  accountBuckets,
  createMigrations,
  createSessionManager,
  localBus,
  memoryCache,
  type Session,
} from '@trpc-sessions/core';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refused } from '../conformance/sessions.ts';
import { secret } from '../support/app.ts';
import { day } from '../support/clock.ts';
import { eventually } from '../support/eventually.ts';
import { describeIf } from '../support/optional.ts';
import { cli, cliJson, cliOnTerminal, hasTerminal, spawnCli } from './command-line.ts';
import {
  createApp,
  createSharedDatabase,
  mysql,
  postgres,
  sqlite,
  type AppDatabase,
  type CliTarget,
  type SharedDatabase,
} from './databases.ts';

const ours = Object.keys(createMigrations());
const desktop = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
const mobile =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';

interface Listed {
  readonly userId: string;
  readonly sessions: readonly Session[];
}

interface Written {
  readonly dialect: string;
  readonly statements: readonly string[];
}

const done = (stdout: string): object => ({ code: 0, stdout: `${stdout}\n`, stderr: '' });
const nothing = (stderr: string): object => ({ code: 1, stdout: '', stderr: `trpc-sessions: ${stderr}\n` });

function testCommands(target: CliTarget): void {
  let shared: SharedDatabase;

  async function migrated(): Promise<AppDatabase> {
    const app = shared.createApp();
    await cliJson(['migrate'], app);
    return app;
  }

  /** The SQL without the times in the log of migrations. */
  const timeless = (statements: readonly string[]): string => statements.join('\n').replaceAll(/'\d{4}-[^']*Z'/g, '?');

  describeIf(target.available, `the command line on ${target.name}`, target.howToEnable, () => {
    beforeAll(async () => {
      shared = await createSharedDatabase(target);
    });
    afterAll(() => shared[Symbol.asyncDispose]());

    test('migrates once', async () => {
      await using app = await createApp(target);

      expect(await cli(['migrate'], app)).toEqual(done(ours.map((name) => `Applied ${name}.`).join('\n')));
      expect(await cli(['migrate'], app)).toEqual(done('Already up to date.'));
      expect(await cliJson(['migrate'], app)).toEqual({ applied: [] });
      expect(await cliJson(['migrate', '--table', 'sessions'], app)).toEqual({ applied: [] });

      const manager = app.manager();
      await manager.verify((await manager.issue({ userId: 'ada' })).token);
    });

    test('migrate finishes a migration that was killed before its log was written', async () => {
      await using app = shared.createApp();
      const { table } = app;
      for (const migration of Object.values(createMigrations({ table }))) await migration.up(app.db);
      await app.dropIndex('user_id');
      const { session } = await app.manager().issue({ userId: 'ada' });
      expect(await cliJson(['migrate'], app)).toEqual({ applied: ours });
      expect((await app.manager().list('ada')).map(({ id }) => id)).toEqual([session.id]);
      await app.dropIndex('user_id');
    });

    test('prints the SQL that migrating runs, and does not run it', async () => {
      await using app = await createApp(target);

      const { stdout, ...rest } = await cli(['migrate', '--sql'], app);
      expect(rest).toEqual({ code: 0, stderr: '' });
      await expect(app.manager().list('ada')).rejects.toThrow(/sessions/);
      await target.runScript(app.url, stdout);

      expect(await cliJson(['migrate'], app)).toEqual({ applied: [] });
      const manager = app.manager();
      const { token, session } = await manager.issue({ userId: 'ada', caller: { userAgent: mobile } });
      expect((await manager.verify(token)).session).toEqual(session);
      // User ids are compared byte by byte.
      for (const other of ['Ada', 'ada ']) expect(await manager.list(other)).toEqual([]);
      expect(await manager.revokeAll('ada')).toBe(1);
      await refused(manager.verify(token), 'revoked_session');
    });

    test('prints the same SQL without a database', async () => {
      await using app = shared.createApp();
      const asked = await cliJson<Written>(['migrate', '--sql'], app);
      const { table } = app;
      const named = await cliJson<Written>(['migrate', '--sql', '--dialect', asked.dialect], { table });

      expect(target.dialects).toContain(asked.dialect);
      expect(named.dialect).toBe(asked.dialect);
      expect(timeless(named.statements)).toBe(timeless(asked.statements));
    });

    test('works on a table of another name', async () => {
      await using app = shared.createApp();
      expect(app.table).not.toBe('sessions');
      expect(await cliJson(['migrate'], app)).toEqual({ applied: ours });
      const { session } = await app.manager().issue({ userId: 'ada' });

      const { sessions } = await cliJson<Listed>(['list', '--user', 'ada'], app);
      expect(sessions.map(({ id }) => id)).toEqual([session.id]);
      expect(await cliJson(['stats'], app)).toMatchObject({ users: 1 });
      expect(await cliJson(['revoke', '--user', 'ada', '--all'], app)).toEqual({ revoked: 1 });
      expect(await cliJson(['purge'], app)).toEqual({ purged: 0, complete: true });
      expect((await cli(['stats'], { url: app.url })).stderr).toMatch(
        /^trpc-sessions: .*sessions.*: run trpc-sessions migrate, or give --table its name\n$/,
      );
    });

    test("gives advice on another library's table", async () => {
      await using app = await createApp(target);
      await app.db.schema.createTable('sessions').addColumn('sid', 'varchar(255)').execute();
      const failed = async (...args: string[]): Promise<string> => (await cli(args, app)).stderr;

      expect(await failed('migrate')).toMatch(
        /already exists and is not a sessions table, it has no column id: choose another name\n$/,
      );
      expect(await failed('list', '--user', 'ada')).toMatch(
        /: not an up-to-date sessions table: run trpc-sessions migrate, or give --table the name of yours\n$/,
      );
      expect(await cliJson(['migrate', '--table', 'trpc_sessions'], app)).toEqual({ applied: ours });
      expect(await cliJson(['list', '--user', 'ada', '--table', 'trpc_sessions'], app)).toMatchObject({ sessions: [] });
    });

    test.each([
      ['purge', ['purge']],
      ['revoke --id', ['revoke', '--user', 'ada', '--id', '1']],
      ['revoke --all', ['revoke', '--user', 'ada', '--all']],
    ])('%s refuses a table that has only some of the columns, and deletes nothing', async (_, args) => {
      await using app = shared.createApp();
      const { db, table } = app;
      await db.schema
        .createTable(table)
        .addColumn('id', 'varchar(32)')
        .addColumn('user_id', 'varchar(32)')
        .addColumn('expires_at', 'varchar(32)')
        .addColumn('last_seen_at', 'varchar(32)')
        .execute();
      await sql`insert into ${sql.table(table)} values ('1', 'ada', '1970-01-01', '1970-01-01')`.execute(db);
      const { code, stdout, stderr } = await cli(args, app);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/: not an up-to-date sessions table: run trpc-sessions migrate, or give --table the name/);
      expect(await app.countRows()).toBe(1);
    });

    test('lists the live sessions of one user, the most recently seen first', async () => {
      await using app = await migrated();
      const older = await app.manager(20 * day).issue({ userId: 'ada', caller: { ip: '203.0.113.7' } });
      const newer = await app.manager().issue({ userId: 'ada', caller: { userAgent: mobile } });
      await app.manager(40 * day).issue({ userId: 'ada' });
      await app.manager().issue({ userId: 'bob' });

      const asDocument = ({ session }: { session: Session }): unknown => JSON.parse(JSON.stringify(session));
      const list = ['list', '--user', 'ada'];
      expect(await cliJson(list, app)).toEqual({ userId: 'ada', sessions: [newer, older].map(asDocument) });
      expect(await cliJson([...list, '--idle-timeout', '14d'], app)).toEqual({
        userId: 'ada',
        sessions: [asDocument(newer)],
      });

      const { code, stdout } = await cli(list, app);
      const [header, first, second, ...rest] = stdout.trimEnd().split('\n');
      expect(code).toBe(0);
      expect(header).toMatch(/^ID {32}DEVICE {12}IP {11}LAST SEEN {4}CREATED \(UTC\) {5}EXPIRES \(UTC\)$/);
      expect(first).toMatch(
        new RegExp(
          `^${newer.session.id}  Safari on iPhone  - {12}just now {5}\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d  \\d{4}`,
        ),
      );
      expect(second).toMatch(new RegExp(`^${older.session.id}  - {17}203\\.0\\.113\\.7  20 days ago  \\d{4}-`));
      expect(rest).toEqual([]);
    });

    test('lists and revokes nothing for a user without sessions', async () => {
      await using app = await migrated();
      expect(await cli(['list', '--user', 'eve'], app)).toEqual(done('The user has no live sessions.'));
      expect(await cliJson(['list', '--user', 'eve'], app)).toEqual({ userId: 'eve', sessions: [] });
      expect(await cli(['revoke', '--user', 'eve', '--all'], app)).toEqual(done('Revoked 0 sessions.'));
      expect(await cliJson(['revoke', '--user', 'eve', '--all'], app)).toEqual({ revoked: 0 });
      // A given id must exist.
      const { code, stdout } = await cli(['revoke', '--user', 'eve', '--id', 'x', '--json'], app);
      expect({ code, found: JSON.parse(stdout) }).toEqual({ code: 1, found: { revoked: 0 } });
    });

    test("revokes a user's sessions by their ids, and no session of another user", async () => {
      await using app = await migrated();
      const manager = app.manager();
      const [ada1, ada2, ada3, bob] = await Promise.all(
        ['ada', 'ada', 'ada', 'bob'].map((userId) => manager.issue({ userId })),
      );
      const idOf = (issued: typeof ada1): string => issued!.session.id;
      const noSuch = nothing('the user has no such session');

      expect(await cli(['revoke', '--user', 'ada', '--id', idOf(bob)], app)).toEqual(noSuch);
      expect(await cli(['revoke', '--user', 'Ada', '--id', idOf(ada1)], app)).toEqual(noSuch);
      expect(await cli(['revoke', '--user', "' or '1'='1", '--id', idOf(ada1)], app)).toEqual(noSuch);
      expect(await cli(['revoke', '--user', 'ada', '--id', idOf(ada1)], app)).toEqual(done('Revoked 1 session.'));
      await refused(manager.verify(ada1!.token), 'revoked_session');

      const several = ['revoke', '--user', 'ada', ...[ada2, ada3, bob].flatMap((issued) => ['--id', idOf(issued)])];
      await manager.verify(ada2!.token);
      expect(await cliJson(several, app)).toEqual({ revoked: 2 });
      await refused(manager.verify(ada3!.token), 'revoked_session');
      await manager.verify(bob!.token);
    });

    test('revokes all sessions of a user', async () => {
      await using app = await migrated();
      const manager = app.manager();
      for (const userId of ['ada', 'ada', 'bob']) await manager.issue({ userId });
      expect(await cli(['revoke', '--user', 'ada', '--all'], app)).toEqual(done('Revoked 2 sessions.'));
      expect(await manager.list('ada')).toEqual([]);
      expect(await manager.list('bob')).toHaveLength(1);
    });

    test('purges expired sessions, and idle ones when it gets an idle timeout', async () => {
      await using app = await migrated();
      const longAgo = app.manager(40 * day);
      await Promise.all(Array.from({ length: 250 }, () => longAgo.issue({ userId: 'ada' })));
      await app.manager(20 * day).issue({ userId: 'ada' });
      await app.manager().issue({ userId: 'ada' });

      expect(await cli(['purge'], app)).toEqual(done('Purged 250 sessions.'));
      expect(await app.countRows()).toBe(2);
      expect(await cliJson(['purge', '--idle-timeout', '14d'], app)).toEqual({ purged: 1, complete: true });
      expect(await cli(['purge', '--idle-timeout', '14d'], app)).toEqual(done('Purged 0 sessions.'));
      expect(await app.countRows()).toBe(1);
    });

    test('lists and counts sessions whose device is malformed as unknown', async () => {
      await using app = await migrated();
      for (const userAgent of [desktop, null, null])
        await app.manager().issue({ userId: 'ada', caller: { userAgent } });
      const [first, second] = (await app.manager().list('ada')).filter(({ userAgent }) => userAgent === null);
      const update = (id: string | undefined, device: string) =>
        sql`update ${sql.table(app.table)} set device = ${device} where id = ${id}`.execute(app.db);
      await update(first?.id, '{"type":"mobile');
      await update(second?.id, '');
      expect(await app.manager().list('ada')).toHaveLength(3);
      const { sessions } = await cliJson<Listed>(['list', '--user', 'ada'], app);
      expect(sessions.filter(({ device }) => device.type === null)).toHaveLength(2);
      const { devices } = await cliJson<{ devices: unknown }>(['stats'], app);
      expect(devices).toEqual([
        { type: null, live: 2 },
        { type: 'desktop', live: 1 },
      ]);
    });

    test('unblocks an account, with the secret of the app', async () => {
      await using app = await migrated();
      const guard = app.manager().guardSignIns({ store: 'database' });
      const limit = { free: 1, firstWait: 60_000, maxWait: 60_000, window: 3_600_000 };
      const guess = (account: string) => guard.take({ id: guard.nameOf(accountBuckets(account).guesses), ...limit });
      for (const account of ['ada', 'bob']) await guess(account);
      expect((await guess('ada')).wait).toBeGreaterThan(0);

      const unblock = (key: string) => cliJson(['unblock', '--account', 'Ada'], { ...app, secret: key });
      expect(await unblock('another secret of thirty-two bytes')).toEqual({ unblocked: false });
      expect(await unblock(secret)).toEqual({ unblocked: true });
      expect((await guess('ada')).wait).toBe(0);
      expect((await guess('bob')).wait).toBeGreaterThan(0);
    });

    test('counts sessions, users and devices', async () => {
      await using app = await migrated();
      const none = { sessions: { live: 0, idle: 0, expired: 0 }, users: 0, devices: [] };
      expect(await cliJson(['stats'], app)).toEqual(none);

      const callers = [desktop, desktop, mobile, null, null, null].map((userAgent) => ({ userAgent }));
      for (const caller of callers) await app.manager().issue({ userId: 'ada', caller });
      await app.manager(20 * day).issue({ userId: 'bob', caller: { userAgent: mobile } });
      for (const userId of ['ada', 'eve']) await app.manager(40 * day).issue({ userId });

      expect(await cliJson(['stats'], app)).toEqual({
        sessions: { live: 7, idle: 0, expired: 2 },
        users: 2,
        devices: [
          { type: null, live: 3 },
          { type: 'desktop', live: 2 },
          { type: 'mobile', live: 2 },
        ],
      });
      expect(await cli(['stats', '--idle-timeout', '14d'], app)).toEqual(
        done(
          'SESSIONS\nlive      6\nidle      1\nexpired   2\nusers     1\n\nDEVICE   LIVE\nunknown  3\ndesktop  2\nmobile   1',
        ),
      );
    });
  });
}

for (const target of [sqlite, postgres, mysql]) testCommands(target);

/** The databases with schemas, and how to create one. On MariaDB, a schema is another database. */
const withSchemas: readonly (readonly [
  CliTarget,
  (app: AppDatabase) => Promise<AsyncDisposable & { name: string }>,
])[] = [
  [
    postgres,
    async (app) => {
      await sql`create schema auth`.execute(app.db);
      return { name: 'auth', [Symbol.asyncDispose]: () => Promise.resolve() };
    },
  ],
  [
    mysql,
    async () => {
      const { url, dispose } = await mysql.create();
      return { name: new URL(url).pathname.slice(1), [Symbol.asyncDispose]: dispose };
    },
  ],
];

for (const [target, createSchema] of withSchemas) {
  describeIf(target.available, `the command line on a schema of ${target.name}`, target.howToEnable, () => {
    test.each<[string, (app: AppDatabase, table: string) => Promise<unknown>]>([
      ['migrate', (app, table) => cliJson(['migrate', '--table', table], app)],
      [
        'migrate --sql',
        async (app, table) => {
          await target.runScript(app.url, (await cli(['migrate', '--sql', '--table', table], app)).stdout);
        },
      ],
    ])('%s creates the table in the schema, and later one outside', async (_, migrate) => {
      await using app = await createApp(target);
      await using schema = await createSchema(app);
      const table = `${schema.name}.sessions`;
      await migrate(app, table);

      expect(await cliJson(['migrate', '--table', table], app)).toEqual({ applied: [] });
      await app.manager(0, table).issue({ userId: 'ada' });
      expect(await cliJson(['stats', '--table', table], app)).toMatchObject({ users: 1 });
      expect(await cliJson(['revoke', '--user', 'ada', '--all', '--table', table], app)).toEqual({ revoked: 1 });

      expect(await cliJson(['migrate'], app)).toEqual({ applied: ours });
      await app.manager().issue({ userId: 'ada' });
      expect(await cliJson(['stats'], app)).toMatchObject({ users: 1 });
    });
  });
}

test('a process with a cache refuses a session within maxAge after the command line revoked it', async () => {
  await using app = await createApp(sqlite);
  await cliJson(['migrate'], app);
  let ahead = 0;
  const manager = createSessionManager({
    db: app.db,
    keys: 'a secret of more than thirty-two bytes',
    cache: memoryCache({ max: 10, maxAge: '1m' }),
    bus: localBus(),
    clock: () => Date.now() + ahead,
  });
  const { token } = await manager.issue({ userId: 'ada' });
  await manager.verify(token);
  await cliJson(['revoke', '--user', 'ada', '--all'], app);
  ahead = 61_000;
  await refused(manager.verify(token), 'revoked_session');
  await manager.close();
});

describe('an interrupted purge', () => {
  async function createExpired(total: number): Promise<AppDatabase> {
    const app = await createApp(sqlite);
    await cliJson(['migrate'], app);
    await sql`
      insert into sessions (id, user_id, created_at, last_seen_at, expires_at, device)
      with recursive n(i) as (select 1 union all select i + 1 from n where i < ${total})
      select i, 'ada', 0, 0, 1, '{}' from n
    `.execute(app.db);
    return app;
  }

  test('stops after the chunk that it is at, reports that, and can be run again', async () => {
    await using app = await createExpired(600);
    const onStderr = (_: string, interrupt: () => void): void => interrupt();
    expect(await cli(['purge'], { ...app, isTTY: true, onStderr })).toMatchObject({
      code: 130,
      stdout: 'Purged 200 sessions, then stopped: run it again for the rest.\n',
    });
    expect(await app.countRows()).toBe(400);
    const { code, stdout } = await cli(['purge', '--json'], { ...app, isTTY: true, onStderr });
    expect({ code, document: JSON.parse(stdout) }).toEqual({ code: 130, document: { purged: 200, complete: false } });
    expect(await cliJson(['purge'], app)).toEqual({ purged: 200, complete: true });
  });

  test('exits with 130 after a SIGINT', async () => {
    const total = 40_000;
    await using app = await createExpired(total);
    const { code, stdout, stderr } = await spawnCli(['purge'], {
      url: app.url,
      async meanwhile({ interrupt }) {
        await eventually(async () => expect(await app.countRows()).toBeLessThan(total));
        interrupt();
      },
    });

    const left = await app.countRows();
    expect({ code, stdout, stderr }).toEqual({
      code: 130,
      stdout: `Purged ${total - left} sessions, then stopped: run it again for the rest.\n`,
      stderr: '',
    });
    expect(left).toBeGreaterThan(0);
  });
});

describeIf(hasTerminal, 'on a terminal', 'install util-linux', () => {
  const erased = '\r\u001b[K';

  test('purge shows its progress in one line, and erases the line at the end', async () => {
    await using app = await createApp(sqlite);
    await cliJson(['migrate'], app);
    const longAgo = app.manager(40 * day);
    await Promise.all(Array.from({ length: 250 }, () => longAgo.issue({ userId: 'ada' })));

    const { code, stdout } = await cliOnTerminal(['purge'], app.url);

    expect(code).toBe(0);
    const shown = ['200 sessions', '250 sessions', '250 sessions'].map((purged) => `Purging: ${purged}`);
    // A terminal receives two characters for the end of a line.
    expect(stdout.split(erased)).toEqual(['', ...shown, 'Purged 250 sessions.\r\n']);
  });

  test('a failed command prints its error on a line of its own, and exits with 1', async () => {
    await using app = await createApp(sqlite);
    const { code, stdout } = await cliOnTerminal(['purge'], app.url);
    expect({ code, said: stdout.split(erased).at(-1) }).toEqual({
      code: 1,
      said: expect.stringMatching(/^trpc-sessions: no such table: sessions.*\r\n$/),
    });
  });
});

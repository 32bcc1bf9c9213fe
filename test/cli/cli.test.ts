import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createSessionManager, migrateToLatest, type Jwk, type Keys } from '@trpc-sessions/core';
import { describe, expect, test } from 'vitest';
import { freePort } from '../support/ports.ts';
import { sqlite as sqliteDatabase } from '../support/database.ts';
import { cli, cliJson } from './command-line.ts';
import { createApp, createFolder, sqlite } from './databases.ts';

// What the command line says, without a server.

const commands = ['migrate', 'list', 'revoke', 'purge', 'stats', 'keygen'];

describe('help', () => {
  test.each(commands)('of %s tells its options', async (name) => {
    const { code, stdout, stderr } = await cli([name, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [usage = '', ...rest] = stdout.split('\n');
    expect(usage).toMatch(new RegExp(`^Usage: trpc-sessions ${name}\\b`));
    for (const [, option] of usage.matchAll(/--([\w-]+)/g)) expect(rest.join('\n')).toMatch(`--${option} `);
    for (const option of ['--json', '-h, --help', '-v, --version']) expect(stdout).toContain(`  ${option} `);
  });

  test('tells the commands, and is what comes of none', async () => {
    const asked = await cli(['-h']);
    expect(asked).toMatchObject({ code: 0, stderr: '' });
    for (const name of commands) expect(asked.stdout).toMatch(new RegExp(`^  ${name} +\\w`, 'm'));
    expect(await cli([])).toEqual({ code: 2, stdout: '', stderr: asked.stdout });
  });

  test('--version is that of the package', async () => {
    expect((await cli(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
    expect(await cliJson(['-v'])).toHaveProperty('version');
  });
});

test.each<[args: string, complaint: RegExp, url?: string]>([
  ['sessions', /^there is no command "sessions" \(see trpc-sessions --help\)$/],
  ['constructor', /^there is no command "constructor"/],
  ['--colour', /^Unknown option '--colour'/],
  ['list --colour', /^Unknown option '--colour' \(see trpc-sessions list --help\)$/],
  ['list ada', /^unexpected "ada"/],
  ['list --user ada --id 1', /^list takes no --id/],
  ['list --user ada --user bob', /^--user is given twice/],
  ['list --user', /^Option '--user <value>' argument missing/],
  ['list --user -5', /a value that starts with a dash is --user=-…/],
  ['list --json=yes', /^Option '--json' does not take an argument/],
  ['list', /^--user <id> is missing/],
  ['list --user=', /^--user <id> is missing/],
  ['list --user ada', /^DATABASE_URL is not set: write file:app.db, postgres:\/\/… or mysql:\/\/…/],
  ['list --user ada', /^DATABASE_URL is not set/, ''],
  ['list --user ada', /^DATABASE_URL: cannot open "oracle:", use file:…/, 'oracle://ada:s3cret@localhost/db'],
  ['list --user ada', /^DATABASE_URL is no URL of a database, and no path/, 'my_user:s3cret@localhost/db'],
  ['migrate --sql', /^DATABASE_URL is in quotes/, '"mysql://ada:s3cret@localhost/db"'],
  ['list --user ada --idle-timeout 5', /^--idle-timeout: expected a duration with its unit/],
  ['stats --table x;y', /^--table: expected a name such as "sessions"/],
  ['stats --table auth.sessions', /^--table: SQLite has no schemas, got "auth.sessions"/, 'file:never-made.db'],
  ['migrate --table auth.sessions', /^--table: SQLite has no schemas/, 'file:never-made.db'],
  ['migrate --sql --dialect sqlite --table auth.sessions', /^--table: SQLite has no schemas/],
  ['revoke --all', /^--user <id> is missing/],
  ['revoke --user ada', /^revoke takes either --id <session> or --all/],
  ['revoke --user ada --id 1 --all', /^revoke takes either --id <session> or --all/],
  ['purge', /^DATABASE_URL is not set/],
  ['stats', /^DATABASE_URL is not set/],
  ['migrate', /^DATABASE_URL is not set/],
  ['migrate --sql', /^--sql needs a --dialect where DATABASE_URL is not set/],
  ['migrate --sql --dialect oracle', /^--dialect: expected one of sqlite, postgres, mysql, mariadb/],
  ['migrate --dialect sqlite', /^--dialect goes with --sql/, 'file:never-made.db'],
  ['keygen --alg none', /^--alg: expected one of HS256, /],
  ['keygen --kid=', /^--kid: expected a text/],
  ['keygen --secret --kid 2026-11', /^--kid: what --secret prints has no room for it, add --json/],
  ['keygen --alg ES256 --pem --kid 2026-11', /^--kid: what --pem prints has no room for it, add --json/],
  ['keygen --pem', /^--pem: HS256 has no key pair/],
  ['keygen --alg ES256 --secret', /^--secret: ES256 has a key pair/],
  ['keygen --pem --secret', /^keygen takes either --pem or --secret/],
])('%s is used wrongly', async (args, complaint, url) => {
  const { code, stdout, stderr } = await cli(args.split(' '), { url });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  const [, said] = /^trpc-sessions: (.*)\n$/.exec(stderr) ?? [];
  expect(said).toMatch(complaint);
  expect(stderr).not.toContain('s3cret');
});

describe('a database that cannot be had fails in one line, without credentials', () => {
  const secret = 's3cret/p@ss';

  test.each<[name: string, urlAt: (port: number) => string, complaint: RegExp]>([
    [
      'PostgreSQL',
      (port) => `postgres://ada:${encodeURIComponent(secret)}@127.0.0.1:${port}/db`,
      /ECONNREFUSED.*running/,
    ],
    [
      'PostgreSQL, in a parameter',
      (port) => `postgres://127.0.0.1:${port}/db?password=s3cret`,
      /ECONNREFUSED.*running/,
    ],
    ['MySQL', (port) => `mysql://ada:${encodeURIComponent(secret)}@127.0.0.1:${port}/db`, /ECONNREFUSED.*running/],
    ['no URL, quite', (port) => `postgres://ada:s3cret@[127.0.0.1:${port}/db`, /Invalid URL: check DATABASE_URL/],
    [
      'no file',
      () => 'file:/nowhere/app.db',
      /there is no database \/nowhere\/app.db: trpc-sessions migrate makes one/,
    ],
    ['a folder', () => '/', /unable to open database file: check DATABASE_URL/],
    ['another file', () => import.meta.filename, /file is not a database: check DATABASE_URL/],
  ])('%s', async (_, urlAt, complaint) => {
    const url = urlAt(await freePort());
    const { code, stdout, stderr } = await cli(['stats', '--json'], { url });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const [, said] = /^trpc-sessions: (.*)\n$/.exec(stderr) ?? [];
    expect(said).toMatch(complaint);
    for (const part of [secret, encodeURIComponent(secret), 's3cret']) expect(stderr).not.toContain(part);
  });
});

test('a URL with a slip of the pen makes no file that is named after a password', async () => {
  await using folder = await createFolder();
  const { code, stdout, stderr } = await cli(['migrate'], {
    url: 'postgres//ada:s3cret@localhost/db',
    cwd: folder.path,
  });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^trpc-sessions: DATABASE_URL is no URL of a database, and no path: write file:app.db, /);
  expect(stderr).not.toContain('s3cret');
  expect(await readdir(folder.path)).toEqual([]);
});

test.each([
  ['better-sqlite3', import.meta.filename],
  ['pg', 'postgres://ada:s3cret@127.0.0.1/db'],
  ['mysql2', 'mysql://ada:s3cret@127.0.0.1/db'],
])('without the driver %s, it says what to install', async (driver, url) => {
  await using folder = await createFolder();
  const core = new URL('../../packages/core/', import.meta.url).pathname;
  await cp(join(core, 'src'), join(folder.path, 'src'), { recursive: true });
  await writeFile(join(folder.path, 'package.json'), '{ "type": "module" }');
  await mkdir(join(folder.path, 'node_modules'));
  for (const name of await readdir(join(core, 'node_modules'))) {
    if (name === driver || name.startsWith('.')) continue;
    await symlink(join(core, 'node_modules', name), join(folder.path, 'node_modules', name));
  }

  expect(await cli(['stats'], { url, program: join(folder.path, 'src/cli.ts') })).toEqual({
    code: 1,
    stdout: '',
    stderr: `trpc-sessions: DATABASE_URL needs the driver ${driver}, which is not installed: npm install ${driver}\n`,
  });
});

describe('keygen', () => {
  /** Signs in and lets in with keys, as an app would. Returns the header of the token. */
  async function tryKeys(keys: Keys): Promise<unknown> {
    await using database = await sqliteDatabase.create();
    await migrateToLatest(database.db);
    const manager = createSessionManager({ db: database.db, keys });
    const { token } = await manager.issue({ userId: 'ada' });
    expect((await manager.verify(token)).session.userId).toBe('ada');
    return JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString());
  }

  const pairs = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'] as const;
  const secrets = ['HS256', 'HS384', 'HS512'] as const;

  test.each([...secrets, ...pairs])('makes a JWK for %s', async (alg) => {
    const { code, stdout, stderr } = await cli(['keygen', '--alg', alg]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const jwk: Jwk = JSON.parse(stdout);
    expect(await tryKeys([jwk])).toMatchObject({ alg, kid: jwk.kid });
  });

  test.each(pairs)('makes a pair of PEMs for %s', async (alg) => {
    interface Pair {
      readonly kid: string;
      readonly alg: typeof alg;
      readonly privateKey: string;
      readonly publicKey: string;
    }
    const key = await cliJson<Pair>(['keygen', '--alg', alg, '--pem', '--kid', '2026-11']);
    expect(await tryKeys([key])).toMatchObject({ alg, kid: '2026-11' });
  });

  test.each(secrets)('makes a plain secret for %s', async (alg) => {
    const key = await cliJson<{ kid: string; alg: typeof alg; secret: string }>(['keygen', '--alg', alg, '--secret']);
    expect(await tryKeys([key])).toMatchObject({ alg, kid: key.kid });
  });

  test('makes a JWK in one line, for a file of variables', async () => {
    await using folder = await createFolder();
    const { stdout } = await cli(['keygen', '--alg', 'ES256', '--kid', '2026-11', '--json']);
    expect(stdout).toMatch(/^\S+\n$/);
    const file = join(folder.path, '.env');
    await writeFile(file, `SESSION_KEY='${stdout.trimEnd()}'\n`);
    const print = 'console.log(process.env.SESSION_KEY)';
    const { stdout: read } = await promisify(execFile)(process.execPath, [`--env-file=${file}`, '-e', print]);
    expect(await tryKeys([JSON.parse(read)])).toMatchObject({ alg: 'ES256', kid: '2026-11' });
  });

  test('makes what a session secret may be, another each time', async () => {
    const [one, other] = await Promise.all([cli(['keygen', '--secret']), cli(['keygen', '--secret'])]);
    expect(await tryKeys(one.stdout.trimEnd())).toMatchObject({ alg: 'HS256' });
    expect(one.stdout).not.toBe(other.stdout);
  });

  test('prints both PEMs as text', async () => {
    const { stdout } = await cli(['keygen', '--alg', 'ES256', '--pem']);
    const blocks = stdout.match(/-----BEGIN (PRIVATE|PUBLIC) KEY-----\n[\w+/=\n]+-----END \1 KEY-----\n/g);
    expect(blocks).toHaveLength(2);
    expect(blocks?.join('')).toBe(stdout);
  });
});

test('a reader that has read enough is no failure', async () => {
  const { code, stderr } = await cli(['migrate', '--sql', '--dialect', 'postgres'], {
    meanwhile: ({ closeStdout }) => closeStdout(),
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('the name of a device moves no cursor', async () => {
  await using app = await createApp(sqlite);
  await cliJson(['migrate'], app);
  const name = 'Ada\u2019s \u{1F469}\u200d\u{1F4BB}';
  const { session } = await app.manager().issue({ userId: 'ada', device: { name } });
  // Past the manager, which lets no such name in.
  const hostile = JSON.stringify({ ...session.device, name: `${name}\u001b[2J\u009b2J\u202e\n` });
  await app.db.updateTable('sessions').set({ device: hostile }).execute();

  const text = (await cli(['list', '--user', 'ada'], app)).stdout;
  const json = (await cli(['list', '--user', 'ada', '--json'], app)).stdout;
  for (const printed of [text, json]) {
    for (const character of '\u001b\u009b\u202e') expect(printed).not.toContain(character);
    expect(printed).toContain(name);
  }
  expect(text.split('\n')).toHaveLength(3);
  expect(JSON.parse(json).sessions[0].device.name).toBe(JSON.parse(hostile).name);
});

import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createSessionManager, type Jwk, type Keys } from '@trpc-sessions/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/ports.ts';
import { sqlite as sqliteDatabase, type TestDatabase } from '../support/database.ts';
import { cli, cliJson, spawnCli } from './command-line.ts';
import { createApp, createFolder, sqlite } from './databases.ts';

// The command line without a server.

const commands = ['migrate', 'list', 'revoke', 'purge', 'stats', 'unblock', 'keygen'];

describe('help', () => {
  test.each(commands)('of %s describes its options', async (name) => {
    const { code, stdout, stderr } = await cli([name, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [usage = '', ...rest] = stdout.split('\n');
    expect(usage).toMatch(new RegExp(`^Usage: trpc-sessions ${name}\\b`));
    for (const [, option] of usage.matchAll(/--([\w-]+)/g)) expect(rest.join('\n')).toMatch(`--${option} `);
    for (const option of ['--json', '-h, --help', '-v, --version']) expect(stdout).toContain(`  ${option} `);
  });

  test('lists the commands, also when no command is given', async () => {
    const asked = await cli(['-h']);
    expect(asked).toMatchObject({ code: 0, stderr: '' });
    for (const name of commands) expect(asked.stdout).toMatch(new RegExp(`^  ${name} +\\w`, 'm'));
    expect(await cli([])).toEqual({ code: 2, stdout: '', stderr: asked.stdout });
  });

  test('--version prints the version of the package', async () => {
    expect((await cli(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
    expect(await cliJson(['-v'])).toHaveProperty('version');
  });
});

test.each<[args: string, message: RegExp, url?: string]>([
  ['sessions', /^there is no command "sessions" \(see trpc-sessions --help\)$/],
  ['constructor', /^there is no command "constructor"/],
  ['--colour', /^Unknown option '--colour'/],
  ['list --colour', /^Unknown option '--colour' \(see trpc-sessions list --help\)$/],
  ['list ada', /^unexpected "ada"/],
  ['list --user ada --id 1', /^list takes no --id/],
  ['list --user ada --user bob', /^--user is given twice/],
  ['list --user', /^Option '--user <value>' argument missing/],
  ['list --user -5', /write a value that starts with a dash as --user=-…/],
  ['list --json=yes', /^Option '--json' does not take an argument/],
  ['list', /^--user <id> is missing/],
  ['list --user=', /^--user <id> is missing/],
  ['list --user ada', /^DATABASE_URL is not set: write file:app.db, postgres:\/\/… or mysql:\/\/…/],
  ['list --user ada', /^DATABASE_URL is not set/, ''],
  ['list --user ada', /^DATABASE_URL: cannot open "oracle:", use file:…/, 'oracle://ada:s3cret@localhost/db'],
  ['list --user ada', /^DATABASE_URL is neither the URL of a database nor a path/, 'my_user:s3cret@localhost/db'],
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
  ['unblock', /^--account <name> is missing/],
  ['unblock --account ada', /^SESSION_SECRET is not set/],
  ['migrate', /^DATABASE_URL is not set/],
  ['migrate --sql', /^--sql needs --dialect when DATABASE_URL is not set/],
  ['migrate --sql --dialect oracle', /^--dialect: expected one of sqlite, postgres, mysql, mariadb/],
  ['migrate --dialect sqlite', /^--dialect goes with --sql/, 'file:never-made.db'],
  ['keygen --alg none', /^--alg: expected one of HS256, /],
  ['keygen --kid=', /^--kid: expected a text/],
  ['keygen --secret --kid 2026-11', /^--kid: the text of --secret cannot hold it, add --json/],
  ['keygen --alg ES256 --pem --kid 2026-11', /^--kid: the text of --pem cannot hold it, add --json/],
  ['keygen --pem', /^--pem: HS256 has no key pair/],
  ['keygen --alg ES256 --secret', /^--secret: ES256 has a key pair/],
  ['keygen --pem --secret', /^keygen takes either --pem or --secret/],
])('trpc-sessions %s is refused', async (args, message, url) => {
  const { code, stdout, stderr } = await cli(args.split(' '), { url });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  const [, printed] = /^trpc-sessions: (.*)\n$/.exec(stderr) ?? [];
  expect(printed).toMatch(message);
  expect(stderr).not.toContain('s3cret');
});

test('unblock names the SESSION_SECRET that is too short, and does not advise to generate another', async () => {
  const { code, stderr } = await cli(['unblock', '--account', 'ada'], { url: 'file:app.db', secret: 's3cret' });
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr:
      'trpc-sessions: SESSION_SECRET is too short to be the first of your keys, which has at least 32 bytes (see trpc-sessions unblock --help)\n',
  });
});

describe('a database that cannot be opened fails in one line, without credentials', () => {
  const secret = 's3cret/p@ss';

  test.each<[name: string, urlAt: (port: number) => string, message: RegExp]>([
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
    ['a malformed URL', (port) => `postgres://ada:s3cret@[127.0.0.1:${port}/db`, /Invalid URL: check DATABASE_URL/],
    [
      'no file',
      () => 'file:/nowhere/app.db',
      /there is no database \/nowhere\/app.db: trpc-sessions migrate creates one/,
    ],
    ['a folder', () => '/', /unable to open database file: check DATABASE_URL/],
    ['another file', () => import.meta.filename, /file is not a database: check DATABASE_URL/],
  ])('%s', async (_, urlAt, message) => {
    const url = urlAt(await freePort());
    const { code, stdout, stderr } = await cli(['stats', '--json'], { url });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const [, printed] = /^trpc-sessions: (.*)\n$/.exec(stderr) ?? [];
    expect(printed).toMatch(message);
    for (const part of [secret, encodeURIComponent(secret), 's3cret']) expect(stderr).not.toContain(part);
  });
});

test('a mistyped URL creates no file named after a password', async () => {
  await using folder = await createFolder();
  const { code, stdout, stderr } = await spawnCli(['migrate'], {
    url: 'postgres//ada:s3cret@localhost/db',
    cwd: folder.path,
  });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(
    /^trpc-sessions: DATABASE_URL is neither the URL of a database nor a path: write file:app.db, /,
  );
  expect(stderr).not.toContain('s3cret');
  expect(await readdir(folder.path)).toEqual([]);
});

/** Installs the package into a folder, without some of its dependencies. Returns its executable file. */
async function installWithout(folder: string, missing: readonly string[]): Promise<string> {
  const core = new URL('../../packages/core/', import.meta.url).pathname;
  await cp(join(core, 'src'), join(folder, 'src'), { recursive: true });
  await cp(join(core, 'package.json'), join(folder, 'package.json'));
  await mkdir(join(folder, 'node_modules'));
  for (const name of await readdir(join(core, 'node_modules'))) {
    if (missing.includes(name) || name.startsWith('.')) continue;
    await symlink(join(core, 'node_modules', name), join(folder, 'node_modules', name));
  }
  return join(folder, 'src/cli/bin.ts');
}

test('a missing driver is named, with the command that installs it', async () => {
  await using folder = await createFolder();
  const drivers = {
    'better-sqlite3': import.meta.filename,
    pg: 'postgres://localhost/db',
    mysql2: 'mysql://localhost/db',
  };
  const program = await installWithout(folder.path, Object.keys(drivers));
  for (const [driver, url] of Object.entries(drivers)) {
    expect(await spawnCli(['migrate'], { url, program })).toEqual({
      code: 1,
      stdout: '',
      stderr: `trpc-sessions: DATABASE_URL needs the driver ${driver}, which is not installed: npm install ${driver}\n`,
    });
  }
});

test('commands without a database load neither Kysely nor a driver', async () => {
  await using folder = await createFolder();
  const program = await installWithout(folder.path, ['kysely', 'better-sqlite3', 'pg', 'mysql2']);
  for (const args of [['--version'], ['keygen']]) {
    expect(await spawnCli(args, { program })).toMatchObject({ code: 0, stderr: '' });
  }
});

describe('keygen', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await sqliteDatabase.create();
  });
  afterAll(() => database[Symbol.asyncDispose]());

  /** Issues and verifies a token with keys, as an app does. Returns the header of the token. */
  async function tryKeys(keys: Keys): Promise<unknown> {
    const manager = createSessionManager({ db: database.db, keys });
    const { token } = await manager.issue({ userId: 'ada' });
    expect((await manager.verify(token)).session.userId).toBe('ada');
    return JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString());
  }

  const pairs = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'] as const;
  const secrets = ['HS256', 'HS384', 'HS512'] as const;

  test.each([...secrets, ...pairs])('generates a JWK for %s', async (alg) => {
    const { code, stdout, stderr } = await cli(['keygen', '--alg', alg]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const jwk: Jwk = JSON.parse(stdout);
    expect(await tryKeys([jwk])).toMatchObject({ alg, kid: jwk.kid });
  });

  test.each(pairs)('generates a pair of PEMs for %s', async (alg) => {
    interface Pair {
      readonly kid: string;
      readonly alg: typeof alg;
      readonly privateKey: string;
      readonly publicKey: string;
    }
    const key = await cliJson<Pair>(['keygen', '--alg', alg, '--pem', '--kid', '2026-11']);
    expect(await tryKeys([key])).toMatchObject({ alg, kid: '2026-11' });
  });

  test.each(secrets)('generates a plain secret for %s', async (alg) => {
    const key = await cliJson<{ kid: string; alg: typeof alg; secret: string }>(['keygen', '--alg', alg, '--secret']);
    expect(await tryKeys([key])).toMatchObject({ alg, kid: key.kid });
  });

  test('--json prints a JWK in one line, for an .env file', async () => {
    await using folder = await createFolder();
    const { stdout } = await cli(['keygen', '--alg', 'ES256', '--kid', '2026-11', '--json']);
    expect(stdout).toMatch(/^\S+\n$/);
    const file = join(folder.path, '.env');
    await writeFile(file, `SESSION_KEY='${stdout.trimEnd()}'\n`);
    const print = 'console.log(process.env.SESSION_KEY)';
    const { stdout: read } = await promisify(execFile)(process.execPath, [`--env-file=${file}`, '-e', print]);
    expect(await tryKeys([JSON.parse(read)])).toMatchObject({ alg: 'ES256', kid: '2026-11' });
  });

  test('--secret prints a secret that the keys option accepts, a new one each time', async () => {
    const [one, other] = await Promise.all([cli(['keygen', '--secret']), cli(['keygen', '--secret'])]);
    expect(await tryKeys(one.stdout.trimEnd())).toMatchObject({ alg: 'HS256' });
    expect(one.stdout).not.toBe(other.stdout);
  });

  test('--pem prints both PEMs as text', async () => {
    const { stdout } = await cli(['keygen', '--alg', 'ES256', '--pem']);
    const blocks = stdout.match(/-----BEGIN (PRIVATE|PUBLIC) KEY-----\n[\w+/=\n]+-----END \1 KEY-----\n/g);
    expect(blocks).toHaveLength(2);
    expect(blocks?.join('')).toBe(stdout);
  });
});

test('a reader that closes the pipe early is no failure', async () => {
  const { code, stderr } = await spawnCli(['--help'], {
    meanwhile: ({ closeStdout }) => closeStdout(),
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('list shows the names of sessions, if there are any', async () => {
  await using app = await createApp(sqlite);
  await cliJson(['migrate'], app);
  const manager = app.manager();
  const [first, second] = [
    await manager.issue({ userId: 'ada' }),
    await manager.issue({ userId: 'ada', data: { a: 1 } }),
  ];
  const listed = async () => (await cli(['list', '--user', 'ada'], app)).stdout.trimEnd().split('\n');
  expect((await listed())[0]).toMatch(/^ID +DEVICE /);

  await manager.update({ userId: 'ada', id: second.session.id, name: 'My laptop' });
  const [header, ...lines] = await listed();
  expect(header).toMatch(/^ID {32}NAME {7}DEVICE /);
  expect(lines).toHaveLength(2);
  expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^${first.session.id}  - {10}- `)));
  expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^${second.session.id}  My laptop  - `)));
  const json = (await cli(['list', '--user', 'ada', '--json'], app)).stdout;
  expect(JSON.parse(json).sessions.map(({ name }: { name: string | null }) => name)).toContain('My laptop');
  expect(json).not.toContain('"data"');
});

test('the name of a device cannot control the terminal', async () => {
  await using app = await createApp(sqlite);
  await cliJson(['migrate'], app);
  const name = 'Ada\u2019s \u{1F469}\u200d\u{1F4BB}';
  const { session } = await app.manager().issue({ userId: 'ada', device: { name } });
  // Written into the row, for the manager refuses such a name.
  const hostile = JSON.stringify({ ...session.device, name: `${name}\u001b[2J\u009b2J\u202e\u2028\u2029\u3164\n` });
  await app.db.updateTable('sessions').set({ device: hostile }).execute();

  const text = (await cli(['list', '--user', 'ada'], app)).stdout;
  const json = (await cli(['list', '--user', 'ada', '--json'], app)).stdout;
  for (const printed of [text, json]) {
    for (const character of '\u001b\u009b\u202e\u2028\u2029\u3164') expect(printed).not.toContain(character);
    expect(printed).toContain(name);
  }
  expect(text.split('\n')).toHaveLength(3);
  expect(JSON.parse(json).sessions[0].device.name).toBe(JSON.parse(hostile).name);
});

import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/ports.ts';
import { createApp, readmeFiles, tested } from './app.ts';

const run = promisify(execFile);

const peers = [
  '@trpc/server',
  '@trpc/client',
  'better-sqlite3',
  '@node-rs/argon2',
  '@types/better-sqlite3',
  '@types/node',
];
const hooks = ['react', '@tanstack/react-query', '@types/react'];
const compilers = { 'typescript-5.7': '5.7.3', 'typescript-5.9': '5.9', 'typescript-7': '7.0.2' };

// It installs compilers and Jest from the npm registry, and takes minutes.
describe('the packed packages, in a CommonJS app with Kysely 0.28', () => {
  let folder: string;
  let port: number;
  const node = (...args: string[]) => run(process.execPath, args, { cwd: folder, timeout: 120_000 });

  beforeAll(async () => {
    const installed = await Promise.all([...peers, ...hooks].map(tested));
    const aliases = Object.entries(compilers).map(([name, version]) => `${name}@npm:typescript@${version}`);
    const jest = ['jest@30', 'ts-jest@29', '@swc/jest@0.2', '@swc/core@1', '@types/jest@30', 'typescript@5.9'];
    folder = await createApp({}, [...installed, 'kysely@0.28.19', ...aliases, ...jest]);
    port = await freePort();
    const files = await readmeFiles(port);
    const subpaths = [
      'core/password',
      'core/sqlite',
      'core/postgres',
      'core/mysql',
      'core/redis',
      'client/react',
      'client/ui',
    ];
    const sources = {
      'server.ts': files.get('server.ts') ?? '',
      'client.ts': (files.get('client.ts') ?? '').replace('./server.js', './server'),
      'subpaths.ts': subpaths
        .map((path) => `export * as ${path.replace('/', '_')} from '@trpc-sessions/${path}';`)
        .join('\n'),
    };
    for (const [name, code] of Object.entries(sources)) await writeFile(join(folder, name), code);
  }, 400_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function compile(compiler: string, module: object): Promise<string> {
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      esModuleInterop: true,
      target: 'es2022',
      lib: ['es2023', 'dom', 'esnext.disposable'],
      types: ['node'],
      outDir: 'out',
      ...module,
    };
    const files = ['server.ts', 'client.ts', 'subpaths.ts'];
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    const tsc = `node_modules/${compiler}/bin/tsc`;
    const { stdout } = await node(tsc, '-p', '.').catch((error: { stdout: string }) => error);
    return stdout;
  }

  test.each(Object.keys(compilers))('compiles with %s, and the declarations of the libraries too', async (compiler) => {
    expect(await compile(compiler, { module: 'node16' })).toBe('');
  });

  test.each(['typescript-5.7', 'typescript-5.9'])('compiles with %s and moduleResolution "node"', async (compiler) => {
    expect(await compile(compiler, { module: 'commonjs', moduleResolution: 'node' })).toBe('');
  });

  test('runs: a session that was revoked is refused with its reason, and the client drops its token', async () => {
    await compile('typescript-5.9', { module: 'node16' });
    await writeFile(
      join(folder, 'try.js'),
      `
        process.env.SESSION_SECRET = 'a secret of more than thirty-two bytes';
        (async () => {
          require('./out/server.js');
          while (!(await fetch('http://localhost:${port}').catch(() => undefined))) continue;
          const { tokens, trpc } = require('./out/client.js');
          await trpc.auth.login.mutate({ username: 'ada', password: 'lovelace' });
          const hello = await trpc.hello.query();
          const token = tokens.get();
          await trpc.auth.logout.mutate();
          tokens.set(token);
          const { data } = await trpc.hello.query().catch((error) => error);
          console.log(JSON.stringify({ hello, session: data.session, token: tokens.get() }));
          process.exit();
        })();
      `,
    );
    const { stdout } = await node('try.js');
    expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
      hello: 'Hello, ada',
      session: { reason: 'revoked_session' },
      token: null,
    });
  });

  test.each([
    ['ts-jest', { preset: 'ts-jest' }],
    ['@swc/jest', { transform: { '\\.ts$': '@swc/jest' } }],
  ])('Jest loads all packages with %s', async (_, config) => {
    await mkdir(join(folder, 'jest'), { recursive: true });
    await writeFile(join(folder, 'jest/sessions.test.ts'), jestTest);
    await writeFile(
      join(folder, 'tsconfig.json'),
      '{ "compilerOptions": { "strict": true, "esModuleInterop": true } }',
    );
    await writeFile(join(folder, 'jest.config.js'), `module.exports = ${JSON.stringify(config)};`);
    const { stderr } = await node('node_modules/jest/bin/jest.js');
    expect(stderr).toContain('1 passed, 1 total');
  });
});

const jestTest = `
import { memoryTokenStore, sessionLinks } from '@trpc-sessions/client';
import { useSession } from '@trpc-sessions/client/react';
import { createSessionManager, migrateToLatest, type SessionsDatabase } from '@trpc-sessions/core';
import { hashPassword, verifyPassword } from '@trpc-sessions/core/password';
import { createSessionsPlugin, type SessionsContext } from '@trpc-sessions/server';
import { initTRPC } from '@trpc/server';
import SQLite from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';

test('signs in', async () => {
  expect(sessionLinks({ url: '/trpc', tokens: memoryTokenStore() })).toHaveLength(2);
  expect(useSession).toBeDefined();
  const db = new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database: new SQLite(':memory:') }) });
  await migrateToLatest(db);
  const manager = createSessionManager({ db, keys: 'a secret of more than thirty-two bytes' });
  const hash = await hashPassword('lovelace');
  const sessions = createSessionsPlugin({
    manager,
    authenticate: async ({ username, password }) => ((await verifyPassword(password, hash)) ? { id: username } : null),
  });
  const router = initTRPC.context<SessionsContext>().create().mergeRouters(sessions.router);
  const caller = { token: null, ip: null, userAgent: null, clientHints: null };
  const { session } = await router.createCaller({ caller }).login({ username: 'ada', password: 'lovelace' });
  expect(session.current).toBe(true);
  await manager.close();
  await db.destroy();
});
`;

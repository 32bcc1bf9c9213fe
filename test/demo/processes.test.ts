import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, test, vi } from 'vitest';
import { createMysqlDatabase, createPostgresDatabase, type ServerDatabase } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';
import { freePort } from '../support/ports.ts';

// The demo as it is started by hand: two processes of it, on one database.

const main = new URL('../../apps/demo/server/main.ts', import.meta.url).pathname;

interface DemoProcess extends AsyncDisposable {
  /** Calls a procedure: the status, and the body as text. */
  call(procedure: string, options?: { token?: string; input?: unknown }): Promise<{ status: number; body: string }>;
  /** As a supervisor does. Returns the exit code. */
  stop(): Promise<unknown>;
}

async function start(env: Record<string, string>): Promise<DemoProcess> {
  const port = await freePort();
  const demo: ChildProcess = spawn(process.execPath, ['--conditions=@trpc-sessions/source', main], {
    env: { ...process.env, PORT: String(port), SESSION_SECRET: 'a secret of more than thirty-two bytes', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(demo, 'exit');
  let complaints = '';
  demo.stderr!.on('data', (chunk) => (complaints += String(chunk)));
  // It prints its address as soon as it listens.
  const started = await Promise.race([once(demo.stdout!, 'data').then(() => true), exited.then(() => false)]);
  if (!started) throw new Error(`the demo did not start: ${complaints}`);
  return {
    async call(procedure, { token, input } = {}) {
      const response = await fetch(`http://127.0.0.1:${port}/trpc/${procedure}`, {
        headers: {
          'content-type': 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        ...(input !== undefined && { method: 'POST', body: JSON.stringify(input) }),
      });
      return { status: response.status, body: await response.text() };
    },
    async stop() {
      demo.kill('SIGTERM');
      const [code] = await exited;
      return code;
    },
    async [Symbol.asyncDispose]() {
      demo.kill('SIGKILL');
      await exited;
    },
  };
}

async function signIn(demo: DemoProcess): Promise<string> {
  const { body } = await demo.call('login', { input: { username: 'admin', password: 'admin' } });
  return JSON.parse(body).result.data.token;
}

async function createFile(): Promise<ServerDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-demo-'));
  return { url: `file:${join(folder, 'demo.db')}`, dispose: () => rm(folder, { recursive: true }) };
}

const postgres = inject('postgresUrl') !== null;
const redis = inject('redisUrl') !== null;

const cases: [
  name: string,
  available: boolean,
  howToEnable: string,
  () => Promise<ServerDatabase>,
  withRedis: boolean,
][] = [
  ['one SQLite file', true, '', createFile, false],
  ['PostgreSQL', postgres, 'install postgresql, or set POSTGRES_URL', createPostgresDatabase, false],
  ['MariaDB', inject('mysqlUrl') !== null, 'install mariadb-server, or set MYSQL_URL', createMysqlDatabase, false],
  ['PostgreSQL and Redis', postgres && redis, 'install postgresql and redis', createPostgresDatabase, true],
];

for (const [name, available, howToEnable, createDatabase, withRedis] of cases) {
  describeIf(available, `two processes of the demo on ${name}`, howToEnable, () => {
    test(
      'start together on an empty database, and each refuses a session that the other ended',
      { timeout: 60_000 },
      async () => {
        const { url, dispose } = await createDatabase();
        const env = { DATABASE_URL: url, ...(withRedis && { REDIS_URL: inject('redisUrl') ?? '' }) };
        const starting = [start(env), start(env)] as const;
        await using a = await starting[0];
        await using b = await starting[1];
        const [mine, other] = [await signIn(a), await signIn(b)];
        // Both processes accept both sessions; with a bus, they cache them.
        for (const demo of [a, b]) {
          for (const token of [mine, other]) expect(await demo.call('hello', { token })).toMatchObject({ status: 200 });
        }

        expect((await a.call('sessions.revokeOthers', { token: mine, input: {} })).status).toBe(200);

        // At once, or as soon as the message arrives.
        const ask = async () => {
          const answer = await b.call('hello', { token: other });
          expect(answer.status).toBe(401);
          return answer;
        };
        const refused = withRedis ? await vi.waitFor(ask, { timeout: 5000 }) : await ask();
        expect(JSON.parse(refused.body).error.data.session).toEqual({ reason: 'revoked_session' });
        expect(await a.call('hello', { token: other })).toMatchObject({ status: 401 });
        expect(await b.call('hello', { token: mine })).toMatchObject({ status: 200 });
        expect(await Promise.all([a.stop(), b.stop()])).toEqual([0, 0]);
        await dispose();
      },
    );
  });
}

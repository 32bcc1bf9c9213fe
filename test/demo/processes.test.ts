import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { createMysqlDatabase, createPostgresDatabase, type ServerDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { describeIf, slow } from '../support/optional.ts';
import { start, startHere, type RunningDemo } from './demo-process.ts';

// Two processes of the demo on one database: this one, and one that is started as by hand.

async function signIn(demo: RunningDemo): Promise<string> {
  const { body } = await demo.call('login', { input: { username: 'admin', password: 'admin' } });
  return JSON.parse(body).result.data.token;
}

async function createFile(): Promise<ServerDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-demo-'));
  return { url: `file:${join(folder, 'demo.db')}`, dispose: () => rm(folder, { recursive: true }) };
}

const postgres = inject('postgresUrl') !== null;
const redis = inject('redisUrl') !== null;

const onPostgres = { available: postgres, howToEnable: 'install postgresql, or set POSTGRES_URL' };
const onMariadb = {
  available: inject('mysqlUrl') !== null,
  howToEnable: 'install mariadb-server and set SLOW=1, or set MYSQL_URL',
};

const cases: readonly {
  readonly name: string;
  readonly available: boolean;
  readonly howToEnable: string;
  readonly createDatabase: () => Promise<ServerDatabase>;
  readonly withRedis?: boolean;
}[] = [
  { name: 'one SQLite file', available: true, howToEnable: '', createDatabase: createFile },
  { name: 'PostgreSQL', ...slow(onPostgres), createDatabase: createPostgresDatabase },
  { name: 'MariaDB', ...onMariadb, createDatabase: createMysqlDatabase },
  {
    name: 'PostgreSQL and Redis',
    available: postgres && redis,
    howToEnable: 'install postgresql and redis',
    createDatabase: createPostgresDatabase,
    withRedis: true,
  },
];

for (const { name, available, howToEnable, createDatabase, withRedis = false } of cases) {
  describeIf(available, `two processes of the demo on ${name}`, howToEnable, () => {
    test('start together on an empty database, and each refuses a session that the other ended', async () => {
      const { url, dispose } = await createDatabase();
      await using _ = { [Symbol.asyncDispose]: dispose };
      const env = { DATABASE_URL: url, ...(withRedis && { REDIS_URL: inject('redisUrl') ?? '' }) };
      const starting = [startHere(env), start(env)] as const;
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
      const refused = withRedis ? await eventually(ask) : await ask();
      expect(JSON.parse(refused.body).error.data.session).toEqual({
        reason: 'revoked_session',
        ended: { at: expect.any(String), by: 'another_device', cause: 'others' },
      });
      expect(await a.call('hello', { token: other })).toMatchObject({ status: 401 });
      expect(await b.call('hello', { token: mine })).toMatchObject({ status: 200 });
      expect(await b.stop()).toBe(0);
    });
  });
}

/** The text of a user's watch so far, as it streams in. */
async function watch({ port }: RunningDemo, token: string): Promise<() => string> {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const { body } = await fetch(`http://127.0.0.1:${port}/trpc/sessions.watch`, {
    headers: { authorization: `Bearer ${token}` },
    signal: stop.signal,
  });
  let text = '';
  const read = async () => {
    for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) text += chunk;
  };
  // It ends with an error when it is aborted.
  read().catch(() => {});
  return () => text;
}

describeIf(redis, 'two servers of the demo on Redis', 'install redis', () => {
  test('show a sign-in and a revocation of the other at once', async () => {
    const { url, dispose } = await createFile();
    await using _ = { [Symbol.asyncDispose]: dispose };
    const env = { DATABASE_URL: url, REDIS_URL: inject('redisUrl') ?? '' };
    await using a = await startHere(env);
    await using b = await startHere(env);
    const token = await signIn(a);
    const seen = await watch(a, token);
    await expect.poll(seen).toContain('"type":"sessions"');
    await signIn(b);
    await expect.poll(seen).toContain('"type":"created"');
    expect((await b.call('sessions.revokeOthers', { token, input: {} })).status).toBe(200);
    await expect.poll(seen).toContain('"type":"revoked"');
  });
});

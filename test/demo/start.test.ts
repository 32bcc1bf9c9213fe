import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SessionInfo } from '@trpc-sessions/client';
import { failureLine } from '@trpc-sessions/demo/start';
import SQLite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '../support/ports.ts';
import { failToStart, start, startHere, type RunningDemo } from './demo-process.ts';

let folder: string;
let databaseUrl: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-demo-'));
  databaseUrl = `file:${join(folder, 'demo.db')}`;
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const admin = { username: 'admin', password: 'admin' };

async function tokenOf(demo: RunningDemo): Promise<string> {
  const { body } = await demo.call('login', { input: admin });
  return JSON.parse(body).result.data.token;
}

const outerAddress = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

test.skipIf(outerAddress === undefined)('listens on this machine alone, unless HOST has another address', async () => {
  const fetchFromOutside = ({ port }: RunningDemo) => fetch(`http://${outerAddress}:${port}/trpc/hello`);
  {
    await using demo = await start({ DATABASE_URL: databaseUrl });
    expect(demo.printed).toContain(`http://localhost:${demo.port}`);
    await expect(fetchFromOutside(demo)).rejects.toThrow('fetch failed');
  }
  await using demo = await startHere({ DATABASE_URL: databaseUrl, HOST: '0.0.0.0' });
  expect((await fetchFromOutside(demo)).status).toBe(401);
});

test('in production, the user of an earlier seed and their sessions are gone', async () => {
  let token;
  {
    await using demo = await startHere({ DATABASE_URL: databaseUrl });
    token = await tokenOf(demo);
  }
  await using demo = await startHere({ DATABASE_URL: databaseUrl, NODE_ENV: 'production' });
  expect(await demo.call('login', { input: admin })).toMatchObject({ status: 401 });
  expect(await demo.call('hello', { token })).toMatchObject({ status: 401 });
});

test('DEMO_SAMPLES=1 adds sessions of other devices, once, with their places', async () => {
  const env = { DATABASE_URL: databaseUrl, DEMO_SAMPLES: '1' };
  await using _ = await startHere(env);
  await using demo = await startHere(env);
  const { body } = await demo.call('sessions.list', { token: await tokenOf(demo) });
  const sessions: SessionInfo[] = JSON.parse(body).result.data;
  expect(sessions.map(({ device, ip, location }) => [device.type, ip, location])).toEqual([
    ['library', '127.0.0.1', 'This network'],
    ['mobile', '203.0.113.24', 'Lisbon, Portugal'],
    ['mobile', '198.51.100.9', 'Porto, Portugal'],
    ['desktop', '203.0.113.24', 'Lisbon, Portugal'],
    ['tablet', '2001:db8:41:a::17', 'Lisbon, Portugal'],
    ['tv', '203.0.113.24', 'Lisbon, Portugal'],
    ['desktop', '192.0.2.146', 'Berlin, Germany'],
    ['library', '198.51.100.77', 'Ashburn, United States'],
  ]);
  const hours = sessions.map(({ lastSeenAt }) => Math.floor((Date.now() - Date.parse(String(lastSeenAt))) / 3_600_000));
  expect(hours).toEqual([0, 0, 0, 5, 27, 72, 144, 216]);
});

test('in production, DEMO_SAMPLES=1 adds none', async () => {
  {
    await using demo = await startHere({ DATABASE_URL: databaseUrl, DEMO_SAMPLES: '1', NODE_ENV: 'production' });
    expect(await demo.call('login', { input: admin })).toMatchObject({ status: 401 });
  }
  const sqlite = new SQLite(join(folder, 'demo.db'));
  expect(sqlite.prepare('select count(*) from sessions').pluck().get()).toBe(0);
  sqlite.close();
});

test('no file of the database, nor the secret, can be read by other users', async () => {
  // As an older demo has left it.
  await writeFile(join(folder, 'demo.db'), '', { mode: 0o644 });
  await chmod(join(folder, 'demo.db'), 0o644);
  await using demo = await startHere({ DATABASE_URL: databaseUrl, SESSION_SECRET: '' });
  await tokenOf(demo);
  const names = await readdir(folder);
  const modes = await Promise.all(
    names.map(async (name) => ((await stat(join(folder, name))).mode & 0o007).toString(8)),
  );
  expect(names).toEqual(expect.arrayContaining(['demo.db', 'demo.db-wal', 'demo.db.secret']));
  expect(modes).toEqual(names.map(() => '0'));
});

test('a new file of the database can be read by its owner alone', async () => {
  await using demo = await start({ DATABASE_URL: databaseUrl, SESSION_SECRET: '' });
  expect(demo.log).toBe('');
  for (const name of await readdir(folder)) expect((await stat(join(folder, name))).mode & 0o077, name).toBe(0);
});

/** The line that a process of the demo would print. */
async function lineOfFailure(env: Record<string, string>): Promise<string> {
  return startHere(env).then(() => 'it has started', failureLine);
}

test.each([
  ['TRUST_PROXY', 'my-proxy', /trustProxy: expected a hop count/],
  ['SESSION_SECRET', 'short', /32 bytes/],
  ['DATABASE_URL', 'oracle://user:hunter2@host/app', /DATABASE_URL: use file:/],
])('%s=%s fails the start with one line', async (name, value, expected) => {
  const line = await lineOfFailure({ DATABASE_URL: databaseUrl, [name]: value });
  expect(line).toMatch(expected);
  expect(line).not.toMatch(/\n|hunter2/);
});

test('PORT=http fails the start of the process with one line', async () => {
  const { code, lines } = await failToStart({ DATABASE_URL: databaseUrl, PORT: 'http' });
  expect(lines).toEqual([expect.stringMatching(/^The demo could not start: PORT: expected a number/)]);
  expect(code).toBe(1);
});

test.each(['postgres', 'mysql'])('a %s server that is down fails the start with one line', async (scheme) => {
  const line = await lineOfFailure({ DATABASE_URL: `${scheme}://user:hunter2@localhost:${await freePort()}/app` });
  expect(line).toMatch(/^The demo could not start: .*ECONNREFUSED/);
  expect(line).not.toMatch(/\n|hunter2/);
});

test.concurrent.each(['postgres', 'mysql'])(
  'a %s server that never answers fails the start of the process with one line',
  async (scheme) => {
    const server = createServer((socket) => socket.on('error', () => {}));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, lines } = await failToStart({ DATABASE_URL: `${scheme}://user:hunter2@127.0.0.1:${port}/app` });
    expect(lines).toEqual([expect.stringMatching(/^The demo could not start: .*time/i)]);
    expect(code).toBe(1);
    server.close();
  },
);

test('a port that is in use fails the start of the process with one line', async () => {
  await using demo = await startHere({ DATABASE_URL: databaseUrl });
  const { code, lines } = await failToStart({ DATABASE_URL: databaseUrl, PORT: String(demo.port) });
  expect(lines).toEqual([expect.stringContaining('EADDRINUSE')]);
  expect(code).toBe(1);
});

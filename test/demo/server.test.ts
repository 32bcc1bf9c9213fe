import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDemo, type Demo, type DemoOptions } from '@trpc-sessions/demo/server';
import SqliteDatabase from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';
import { expect, inject, onTestFinished, test, vi } from 'vitest';
import { createMysqlDatabase } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';

interface RunningDemo extends Demo, AsyncDisposable {
  call(procedure: string, input?: unknown, headers?: Record<string, string>): Promise<{ status: number; body: string }>;
}

async function start(databaseUrl: string, options: Partial<DemoOptions> = {}): Promise<RunningDemo> {
  const secret = 'a secret of more than thirty-two bytes';
  const demo = await createDemo({ databaseUrl, secret, seed: true, ...options });
  await new Promise<void>((resolve) => demo.server.listen(0, '127.0.0.1', resolve));
  const { port } = demo.server.address() as AddressInfo;
  return {
    ...demo,
    async call(procedure, input, headers = {}) {
      const response = await fetch(`http://127.0.0.1:${port}/trpc/${procedure}`, {
        headers: { 'content-type': 'application/json', ...headers },
        ...(input !== undefined && { method: 'POST', body: JSON.stringify(input) }),
      });
      return { status: response.status, body: await response.text() };
    },
    [Symbol.asyncDispose]: () => demo.close(),
  };
}

async function createFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-demo-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'demo.db');
}

const admin = { username: 'admin', password: 'admin' };

test.each([
  ['loopback', '203.0.113.7'],
  ['1', '203.0.113.7'],
  ['127.0.0.1, 10.0.0.0/8', '203.0.113.7'],
  ['0', '127.0.0.1'],
  [false, '127.0.0.1'],
] as const)('with trustProxy %j, the address behind a proxy is %s', async (trustProxy, ip) => {
  await using demo = await start(`file:${await createFile()}`, { trustProxy });
  const { body } = await demo.call('login', admin, { 'x-forwarded-for': '203.0.113.7' });
  expect(JSON.parse(body).result.data.session.ip).toBe(ip);
});

test.each(['my-proxy', '1.5', '-1', 'true'])('trustProxy %j fails the start', async (trustProxy) => {
  await expect(start(`file:${await createFile()}`, { trustProxy })).rejects.toThrow(
    new TypeError(
      "trustProxy: expected a hop count, addresses or subnets such as '10.0.0.0/8' or 'loopback', or a function",
    ),
  );
});

test('a fault is logged in one line without the password and the token, and a refusal is not', async () => {
  const log = vi.spyOn(console, 'warn').mockImplementation(() => {});
  onTestFinished(() => log.mockRestore());
  const file = await createFile();
  await using demo = await start(`file:${file}`);
  const { body } = await demo.call('login', admin);
  const { token } = JSON.parse(body).result.data;
  const authorization = `Bearer ${token}`;
  expect((await demo.call('login', { ...admin, password: 'wrong' })).status).toBe(401);
  expect((await demo.call('hello')).status).toBe(401);
  expect(log).not.toHaveBeenCalled();

  const other = new SqliteDatabase(file);
  other.exec('drop table users; drop table sessions');
  other.close();
  const password = 'correct horse battery staple';
  expect((await demo.call('login', { username: 'admin', password })).status).toBe(500);
  expect((await demo.call('hello', undefined, { authorization })).status).toBe(500);
  const lines = log.mock.calls.map((call) => call.join(' '));
  expect(lines).toEqual([
    expect.stringMatching(/^login: .*no such table: users$/),
    expect.stringMatching(/^hello: .*no such table: sessions$/),
  ]);
  for (const secret of [password, token]) expect(lines.join('\n')).not.toContain(secret);
});

describeIf(inject('mysqlUrl') !== null, 'on MariaDB', 'install mariadb-server and set SLOW=1, or set MYSQL_URL', () => {
  test.each([
    ['a new table', ''],
    [
      'the table of an older demo',
      'create table users (id varchar(36) primary key, username varchar(100) not null unique, password_hash varchar(255) not null)',
    ],
  ])('a user name in other letters or with a space is another user: %s', async (_, before) => {
    const { url, dispose } = await createMysqlDatabase();
    if (before !== '') {
      const connection = await createConnection(url);
      await connection.query(before);
      await connection.end();
    }
    {
      await using demo = await start(url);
      for (const username of ['ADMIN', 'ádmin', 'admin ', 'Admin']) {
        expect((await demo.call('login', { ...admin, username })).status, username).toBe(401);
      }
      expect((await demo.call('login', admin)).status).toBe(200);
    }
    await dispose();
  });
});

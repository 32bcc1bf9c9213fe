import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDemo, type Demo } from '@trpc-sessions/demo/server';
import SQLite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';

// The headers and the limits of the demo's server. The page has a test of its own.

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-demo-'));
  file = join(folder, 'demo.db');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function start(): Promise<Demo & AsyncDisposable & { readonly origin: string }> {
  const secret = 'a secret of more than thirty-two bytes';
  const demo = await createDemo({ databaseUrl: `file:${file}`, secret, seed: true });
  await new Promise<void>((resolve) => demo.server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(demo.server.address() as AddressInfo).port}`;
  return { ...demo, origin, [Symbol.asyncDispose]: () => demo.close() };
}

const json = { 'content-type': 'application/json' };

test('the page loads nothing from elsewhere, and no other page may frame it', async () => {
  await using demo = await start();
  const { headers } = await fetch(demo.origin);
  const policy = headers.get('content-security-policy')?.split('; ') ?? [];
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy.join()).not.toContain('unsafe');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect(headers.get('accept-ch')).toContain('Sec-CH-UA-Model');
});

test('no cache keeps the answer of a procedure', async () => {
  await using demo = await start();
  const body = JSON.stringify({ username: 'admin', password: 'admin' });
  const login = await fetch(`${demo.origin}/trpc/login`, { method: 'POST', headers: json, body });
  const { result } = (await login.json()) as { result: { data: { token: string } } };
  const headers = { authorization: `Bearer ${result.data.token}` };
  const list = await fetch(`${demo.origin}/trpc/sessions.list`, { headers });
  expect(list.status).toBe(200);
  const changes = await fetch(`${demo.origin}/trpc/sessions.watch`, { headers });
  await changes.body?.cancel();
  for (const answer of [login, list, changes]) {
    expect(answer.headers.get('cache-control')).toMatch(/no-store|no-cache/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  }
});

test('one request cannot have a hundred passwords checked', async () => {
  await using demo = await start();
  const call = (count: number) =>
    fetch(`${demo.origin}/trpc/${Array.from({ length: count }, () => 'login').join(',')}?batch=1`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ ...Array.from({ length: count }, () => ({ username: 'admin', password: 'wrong' })) }),
    });
  expect((await call(100)).status).toBe(400);
  expect((await call(1)).status).toBe(401);
  const answers = (await (await call(2)).json()) as { error: { data: { code: string } } }[];
  expect(answers.map(({ error }) => error.data.code).toSorted()).toEqual(['BAD_REQUEST', 'UNAUTHORIZED']);
});

test('the rows of expired sessions are purged on a schedule', async () => {
  {
    await using demo = await start();
    await demo.manager.issue({ userId: 'ada' });
    await demo.manager.issue({ userId: 'ada' });
  }
  using sqlite = Object.assign(new SQLite(file), {
    [Symbol.dispose]() {
      sqlite.close();
    },
  });
  const ids = () => sqlite.prepare('select id from sessions').pluck().all();
  const [expired, alive] = ids();
  sqlite.prepare('update sessions set expires_at = 1 where id = ?').run(expired);
  await using demo = await start();
  await expect.poll(ids).toEqual([alive]);
  expect(demo.server.listening).toBe(true);
});

import { createHmac, randomBytes } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, secret, type TestApp } from '../support/app.ts';
import { httpAdapters, type RunningServer } from '../support/servers.ts';

// One server answers all of these requests with a 4xx, and keeps serving.

let app: TestApp;
let server: RunningServer;
let token: string;
let id: string;

beforeAll(async () => {
  app = await createTestApp({ issuer: 'me', audience: 'mine' });
  const [standalone] = httpAdapters;
  server = await standalone!.start(app.router);
  ({
    token,
    session: { id },
  } = await app.manager.issue({ userId: 'ada' }));
  return async () => {
    await server[Symbol.asyncDispose]();
    await app[Symbol.asyncDispose]();
  };
});

afterAll(async () => {
  // No request has ended the one session, or added another.
  await app.manager.verify(token);
  expect(await app.manager.list('ada')).toHaveLength(1);
});

async function send(path: string, init: RequestInit = {}): Promise<{ status: number; body: string }> {
  const response = await fetch(`${server.url}/${path}`, init);
  return { status: response.status, body: await response.text() };
}

const json = { 'content-type': 'application/json' };

describe('login answers with a 4xx to', () => {
  test.each<[string, RequestInit, number]>([
    ['no body', {}, 415],
    ['an empty body', { headers: json, body: '' }, 400],
    ['half of a JSON text', { headers: json, body: '{"json":{"username":' }, 400],
    ['a number', { headers: json, body: '5' }, 400],
    ['null', { headers: json, body: 'null' }, 400],
    ['a list', { headers: json, body: '[]' }, 400],
    ['values of wrong types', { headers: json, body: '{"json":{"username":1,"password":true}}' }, 400],
    ['an object as a name', { headers: json, body: '{"json":{"username":{"$ne":""},"password":"right"}}' }, 400],
    [
      'a password of a megabyte',
      { headers: json, body: JSON.stringify({ json: { username: 'ada', password: 'x'.repeat(1 << 20) } }) },
      400,
    ],
    [
      'a form',
      { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'username=ada&password=right' },
      415,
    ],
    ['a multipart form', { body: formOf({ username: 'ada', password: 'right' }) }, 400],
    ['bytes', { headers: { 'content-type': 'application/octet-stream' }, body: randomBytes(1000) }, 400],
    ['a wrong password', { headers: json, body: '{"json":{"username":"ada","password":"wrong"}}' }, 401],
    ['a prototype', { headers: json, body: '{"json":{"__proto__":{"username":"ada","password":"right"}}}' }, 400],
  ])('%s', async (_, init, status) => {
    const answer = await send('auth.login', { method: 'POST', ...init });
    expect(answer.status, answer.body).toBe(status);
    expect(JSON.parse(answer.body)).toHaveProperty('error');
  });
});

function formOf(fields: Record<string, string>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

const now = Math.floor(Date.now() / 1000);
const claims = { lookup_id: 'a'.repeat(32), sub: 'ada', iss: 'me', aud: 'mine', iat: now, exp: now + 60 };
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const hmac = (text: string, key: string): string => createHmac('sha256', key).update(text).digest('base64url');
const forge = (header: object, payload: object, key = secret): string => {
  const signed = `${part(header)}.${part(payload)}`;
  return `${signed}.${hmac(signed, key)}`;
};

interface Attack {
  readonly name: string;
  readonly token: () => string;
  readonly reason: string;
  readonly queries: 0 | 1 | 2;
}

const attacks: readonly Attack[] = [
  { name: 'a text without dots', token: () => 'nonsense', reason: 'malformed_token', queries: 0 },
  {
    name: 'a token of twelve kilobytes',
    token: () => `${'a'.repeat(6000)}.${'b'.repeat(6000)}.c`,
    reason: 'malformed_token',
    queries: 0,
  },
  { name: 'alg none', token: () => `${part({ alg: 'none' })}.${part(claims)}.`, reason: 'invalid_token', queries: 0 },
  { name: 'alg NONE, signed', token: () => forge({ alg: 'NONE' }, claims), reason: 'invalid_token', queries: 0 },
  {
    name: 'a signature by another key',
    token: () => jwt.sign(claims, 'x'.repeat(40)),
    reason: 'invalid_token',
    queries: 0,
  },
  {
    name: 'a signature by another algorithm',
    token: () => jwt.sign(claims, secret, { algorithm: 'HS384' }),
    reason: 'invalid_token',
    queries: 0,
  },
  {
    name: 'the payload of another token',
    token() {
      const [header, payload, signature] = token.split('.');
      const mine: object = JSON.parse(Buffer.from(payload!, 'base64url').toString());
      return `${header}.${part({ ...mine, sub: 'root' })}.${signature}`;
    },
    reason: 'invalid_token',
    queries: 0,
  },
  {
    name: 'a foreign issuer',
    token: () => jwt.sign({ ...claims, iss: 'you' }, secret),
    reason: 'invalid_token',
    queries: 0,
  },
  {
    name: 'a foreign audience',
    token: () => jwt.sign({ ...claims, aud: 'yours' }, secret),
    reason: 'invalid_token',
    queries: 0,
  },
  {
    name: 'an expired token',
    token: () => jwt.sign({ ...claims, exp: now - 1 }, secret),
    reason: 'expired_token',
    queries: 0,
  },
  {
    name: 'a lookup_id that is a number',
    token: () => jwt.sign({ ...claims, lookup_id: 1 }, secret),
    reason: 'invalid_token',
    queries: 0,
  },
  {
    name: 'a lookup_id that is an object',
    token: () => jwt.sign({ ...claims, lookup_id: { a: 1 } }, secret),
    reason: 'invalid_token',
    queries: 0,
  },
  {
    name: 'a lookup_id that is SQL',
    token: () => jwt.sign({ ...claims, lookup_id: "' or '1'='1" }, secret),
    reason: 'invalid_token',
    queries: 0,
  },
  {
    name: 'a signature by our key, without a row',
    token: () => jwt.sign(claims, secret),
    reason: 'revoked_session',
    // The row, and how the session has ended.
    queries: 2,
  },
  {
    name: 'a signature by our key, with the public id of a row',
    token: () => jwt.sign({ ...claims, lookup_id: id }, secret),
    reason: 'revoked_session',
    queries: 2,
  },
  {
    name: "a signature by our key, with another user's row",
    token() {
      const own: object = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
      return jwt.sign({ ...own, sub: 'root' }, secret);
    },
    reason: 'revoked_session',
    queries: 1,
  },
];

describe('a token is refused, and nothing unsigned reaches the database', () => {
  test.each(attacks)('$name: $reason', async ({ token: make, reason, queries }) => {
    const attack = make();
    app.database.clearQueries();
    const { status, body } = await send('me', { headers: { authorization: `Bearer ${attack}` } });
    expect(status).toBe(401);
    expect(body).toContain(`"reason":"${reason}"`);
    expect(body).not.toContain('stack');
    // The same look-up is asked again, through the Kysely, before a session is refused.
    expect(new Set(app.database.queries).size).toBe(queries);
  });

  test.each(['JWT', 'bearer', 'BEARER'])('the scheme %s is accepted like Bearer', async (scheme) => {
    expect((await send('me', { headers: { authorization: `${scheme} ${token}` } })).status).toBe(200);
  });
});

describe('sessions.revoke answers with a 4xx to', () => {
  test.each<[string, unknown, number]>([
    ['an unknown id', { id: 'a'.repeat(32) }, 404],
    ['SQL in place of an id', { id: "' or 1=1; drop table sessions; --" }, 404],
    ['a number in place of an id', { id: 1 }, 400],
    ['an id of a megabyte', { id: 'a'.repeat(1 << 20) }, 404],
    ['ten thousand ids', { ids: Array.from({ length: 10_000 }, String) }, 400],
  ])('%s', async (_, input, status) => {
    const headers = { ...json, authorization: `Bearer ${token}` };
    const answer = await send('auth.sessions.revoke', {
      method: 'POST',
      headers,
      body: JSON.stringify({ json: input }),
    });
    expect(answer.status, answer.body).toBe(status);
  });
});

test('the session of another user is neither read nor ended by its id', async () => {
  const eve = await app.manager.issue({ userId: 'eve' });
  const headers = { ...json, authorization: `Bearer ${eve.token}` };
  const body = JSON.stringify({ json: { id } });
  expect((await send('auth.sessions.revoke', { method: 'POST', headers, body })).status).toBe(404);
  expect((await send(`auth.sessions.get?input=${encodeURIComponent(body)}`, { headers })).status).toBe(404);
  expect((await send('auth.sessions.revokeOthers', { method: 'POST', headers })).body).toContain('"revoked":0');
});

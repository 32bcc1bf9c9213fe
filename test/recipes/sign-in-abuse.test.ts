import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { createSessionManager } from '@trpc-sessions/core';
import { createSessionsPlugin } from '@trpc-sessions/server';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { describe, expect, test, vi } from 'vitest';
import { secret } from '../support/app.ts';
import { sqlite } from '../support/database.ts';
import { listen } from '../support/servers.ts';
import { countBreaches } from './breached.ts';
import { hcaptcha, recaptcha, siteverify } from './captchas.ts';
import { limiterOf } from './limiter.ts';

const serve = (answer: (request: IncomingMessage, response: ServerResponse) => unknown) =>
  listen((request, response) => void answer(request, response));

describe('breached passwords', () => {
  const sha1 = (password: string): string => createHash('sha1').update(password).digest('hex').toUpperCase();

  test('are found by five characters of their hash, and padding is none', async () => {
    const paths: (string | undefined)[] = [];
    const breached = sha1('password');
    await using server = await serve((request, response) => {
      paths.push(request.url);
      response.end(
        [`${'0'.repeat(35)}:0`, `${breached.slice(5)}:9545824`, `${sha1('secret').slice(5)}:0`].join('\r\n'),
      );
    });
    const url = `${new URL(server.url).origin}/range/`;
    expect(await countBreaches('password', url)).toBe(9_545_824);
    expect(await countBreaches('a long and new one', url)).toBe(0);
    expect(await countBreaches('secret', url)).toBe(0);
    expect(paths[0]).toBe(`/range/${breached.slice(0, 5)}`);
  });

  test('are unknown while the service fails', async () => {
    await using server = await serve((_, response) => response.writeHead(503).end());
    expect(await countBreaches('password', `${new URL(server.url).origin}/range/`)).toBeNull();
    expect(await countBreaches('password', 'http://127.0.0.1:9/range/')).toBeNull();
  });
});

test('a captcha of hCaptcha or reCAPTCHA is verified', async () => {
  const bodies: string[] = [];
  await using server = await serve(async (request, response) => {
    bodies.push(await text(request));
    response.end(JSON.stringify({ success: bodies.at(-1)?.includes('response=solved') }));
  });
  const captcha = siteverify(server.url, 'secret');
  const context = {
    caller: { token: null, ip: '203.0.113.5', userAgent: null, clientHints: null },
    form: 'login',
  } as const;
  expect([await captcha('solved', context), await captcha('junk', context)]).toEqual([true, false]);
  expect(bodies[0]).toBe('secret=secret&response=solved&remoteip=203.0.113.5');

  const asked: string[] = [];
  const local = fetch;
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => (asked.push(new URL(url).host), local(server.url, init)));
  for (const create of [hcaptcha, recaptcha]) expect(await create('secret')('solved', context)).toBe(true);
  expect(asked).toEqual(['api.hcaptcha.com', 'www.google.com']);
});

test('rate-limiter-flexible counts attempts, and those that succeed are not counted', async () => {
  await using database = await sqlite.create();
  const { router } = createSessionsPlugin({
    manager: createSessionManager({ db: database.db, keys: secret }),
    throttle: { limiter: limiterOf(new RateLimiterMemory({ points: 5, duration: 60 })) },
    authenticate: ({ username, password }) => (password === 'right' ? { id: username } : null),
  });
  const logIn = (password: string) =>
    router
      .createCaller({ caller: { token: null, ip: null, userAgent: null, clientHints: null } })
      .login({ username: 'ada', password })
      .then(
        () => 'signed in',
        (error: { cause: { reason: string } }) => error.cause.reason,
      );
  for (let n = 0; n < 8; n += 1) expect(await logIn('right')).toBe('signed in');
  for (let n = 0; n < 5; n += 1) expect(await logIn('wrong')).toBe('invalid_credentials');
  expect(await logIn('right')).toBe('too_many_attempts');
});

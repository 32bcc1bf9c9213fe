import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CaptchaContext } from './captcha.ts';
import { turnstile, type TurnstileOptions } from './turnstile.ts';

// A server that answers as Cloudflare documents it:
// https://developers.cloudflare.com/turnstile/get-started/server-side-validation/

const good = {
  success: true,
  challenge_ts: '2026-11-26T12:00:00.000Z',
  hostname: 'app.example',
  'error-codes': [],
  action: 'login',
  cdata: '',
};
const refusal = (...codes: readonly string[]) => ({ success: false, 'error-codes': codes });

let url: string;
let requests: unknown[];
let answer: (response: ServerResponse) => void;

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  requests.push([request.method, request.headers['content-type'], await json(request)]);
  answer(response);
}

const server = createServer((request, response) => void handle(request, response));
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/siteverify`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  requests = [];
});

const answerWith = (body: unknown, status = 200) => {
  answer = (response) => response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
};
const context: CaptchaContext = {
  caller: { token: null, ip: '203.0.113.5', userAgent: null, clientHints: null },
  form: 'login',
};
const check = (options: Partial<TurnstileOptions> = {}, solution = 'token') =>
  turnstile({ secret: 'secret', url, ...options })(solution, context);

test('a token is sent with the secret and the address of the caller, and accepted', async () => {
  answerWith(good);
  expect(await check()).toBe(true);
  expect(requests).toEqual([
    ['POST', 'application/json', { secret: 'secret', response: 'token', remoteip: '203.0.113.5' }],
  ]);
});

test.each<[string, object]>([
  ['that is not valid', refusal('invalid-input-response')],
  ['that was used, or is older than five minutes', refusal('timeout-or-duplicate')],
  ['of another form', { ...good, action: 'sign-up' }],
])('a token %s is refused, whatever the app says for outages', async (_, body) => {
  answerWith(body);
  for (const fail of ['open', 'closed'] as const) expect(await check({ fail })).toBe(false);
});

test('a token of another host is refused, if the app names its own', async () => {
  answerWith(good);
  expect(await check({ hostnames: ['app.example'] })).toBe(true);
  expect(await check({ hostnames: ['www.example'] })).toBe(false);
});

test('a widget without an action is accepted', async () => {
  answerWith({ ...good, action: '' });
  expect(await check()).toBe(true);
});

test.each(['', 'x'.repeat(2049), 'a\uD800', 'a\0', 'two words'])(
  'a text that is no token is not sent: %j',
  async (solution) => {
    answerWith(refusal('bad-request'));
    expect(await check({ fail: 'open' }, solution)).toBe(false);
    expect(requests).toEqual([]);
  },
);

describe.each<[string, () => void, Partial<TurnstileOptions>?]>([
  ['says internal-error', () => answerWith(refusal('internal-error'))],
  ['does not know the secret', () => answerWith(refusal('invalid-input-secret'))],
  ['answers a page', () => answerWith('<html>502</html>', 502)],
  ['answers other JSON', () => answerWith([])],
  ['closes the connection', () => (answer = (response) => response.destroy())],
  ['does not answer in time', () => (answer = () => {}), { timeout: '100ms' }],
  ['is not there', () => {}, { url: 'http://127.0.0.1:9/' }],
])('Cloudflare %s', (_, begin, options) => {
  test("fails the sign-in, which may be tried again, with fail: 'closed'", async () => {
    begin();
    const unavailable = { code: 'SERVICE_UNAVAILABLE' };
    await expect(check(options)).rejects.toMatchObject(unavailable);
    await expect(check({ ...options, fail: 'closed' })).rejects.toMatchObject(unavailable);
  });

  test("is left out with fail: 'open'", async () => {
    begin();
    expect(await check({ ...options, fail: 'open' })).toBe('unavailable');
  });
});

test.each<[string, object]>([
  ['turnstile: secret: expected a text', { secret: '' }],
  ["turnstile: fail: expected 'open' or 'closed'", { secret: 'secret', fail: 'maybe' }],
  ['turnstile: url: expected a URL', { secret: 'secret', url: 'cloudflare' }],
  [
    'turnstile: hostname: there is no such option; the options are secret, fail, hostnames, timeout, url',
    { secret: 'secret', hostname: 'app.example' },
  ],
])('refuses an option by name: %s', (message, options) => {
  // @ts-expect-error -- as in plain JavaScript
  expect(() => turnstile(options)).toThrow(message);
});

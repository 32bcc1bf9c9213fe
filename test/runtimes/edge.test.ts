import { createSessionManager } from '@trpc-sessions/core';
import { build } from 'esbuild';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { secret } from '../support/app.ts';
import { sqlite } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';
import { isEnabled } from '../support/slow-suites.ts';
import { installMiniflare } from './runtimes.ts';

/** Bundles the gate from the built package, for a platform without modules of Node.js: an import of one fails. */
async function bundle(format: 'esm' | 'iife'): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [new URL('edge-worker.ts', import.meta.url).pathname],
    bundle: true,
    platform: 'neutral',
    mainFields: ['module', 'main'],
    format,
    globalName: 'edge',
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}

interface Answer {
  readonly status: number;
  readonly location: string | null;
  readonly setCookie: string | null;
  readonly body: string;
}

/** Asks for a page with the cookie of a user who is signed in, and with a forged one. */
async function expectGate(ask: (headers: Record<string, string>) => Promise<Answer>): Promise<void> {
  await using database = await sqlite.create();
  const manager = createSessionManager({ db: database.db, keys: secret });
  const { token } = await manager.issue({ userId: 'ada' });
  await manager.close();
  const navigate = (value: string) => ask({ 'sec-fetch-mode': 'navigate', cookie: `session=${value}` });

  expect(await navigate(token)).toMatchObject({ status: 200, body: 'Hello, ada' });
  const refused = await navigate(`${token.slice(0, -4)}AAAA`);
  expect(refused).toMatchObject({ status: 303, location: expect.stringMatching(/\/login$/) });
  expect(refused.setCookie).toMatch(/^session=; Max-Age=0; /);
}

/** Sends every header as it is: `fetch` of Node.js sets `sec-fetch-mode` itself. */
async function get(url: string, headers: Record<string, string>): Promise<Answer> {
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { headers }, resolve).on('error', reject).end();
  });
  const { location = null, 'set-cookie': [setCookie = null] = [] } = message.headers;
  return { status: message.statusCode ?? 0, location, setCookie, body: await text(message) };
}

describe('the gate at the edge', () => {
  test('needs WebCrypto and the Fetch API alone', async () => {
    const { crypto, atob, TextEncoder, TextDecoder, Response, Headers, URL } = globalThis;
    const platform = { crypto, atob, TextEncoder, TextDecoder, Response, Headers, URL, Uint8Array };
    const code = await bundle('iife');
    const edge: { handleRequest: (request: object) => Promise<Response> } = runInNewContext(`${code}; edge`, platform);
    await expectGate(async (headers) => {
      const asked = { url: 'https://example.com/', headers: new Headers(headers) };
      const response = await edge.handleRequest(asked);
      const { status, headers: answered } = response;
      return {
        status,
        location: answered.get('location'),
        setCookie: answered.get('set-cookie'),
        body: await response.text(),
      };
    });
  });
});

describeIf(isEnabled('RUNTIMES'), 'on workerd', 'set RUNTIMES=1; it installs it from the npm registry', () => {
  test('the gate at the edge runs without the modules of Node.js', { timeout: 600_000 }, async () => {
    const { Miniflare } = await installMiniflare();
    const miniflare = new Miniflare({
      modules: [{ type: 'ESModule', path: 'worker.mjs', contents: await bundle('esm') }],
      compatibilityDate: '2025-01-01',
      host: '127.0.0.1',
      port: 0,
    });
    try {
      const { origin } = await miniflare.ready;
      await expectGate((headers) => get(origin, headers));
    } finally {
      await miniflare.dispose();
    }
  });
});

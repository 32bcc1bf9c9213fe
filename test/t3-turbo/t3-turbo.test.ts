import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { migrateToLatest } from '@trpc-sessions/core';
import SQLite from 'better-sqlite3';
import { expect, onTestFinished, test, vi } from 'vitest';
import { bundlePhoneApp, startPhoneApp } from '../support/react-native.ts';

// The layout of create-t3-turbo: `packages/api`, a page of Next.js and an app of Expo. The modules of Expo are ours.

const fileOf = (path: string): string => new URL(path, import.meta.url).pathname;
const expo = {
  'expo-secure-store': fileOf('expo/secure-store.ts'),
  'expo-constants': fileOf('expo/constants.ts'),
};

/** The app has the settings of its own compiler. */
type Route = Record<'GET' | 'POST', (request: Request) => Promise<Response>>;

/** Serves the route of Next.js, on a database of its own. Returns its host. */
async function startServer(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-t3-turbo-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'app.db');
  vi.stubEnv('DATABASE_FILE', file);
  vi.stubEnv('SESSION_SECRET', 'a secret of more than thirty-two bytes');
  onTestFinished(() => void vi.unstubAllEnvs());
  const database = new SQLite(file);
  await migrateToLatest(database);
  database.close();
  const route: Route = await import(fileOf('app/apps/nextjs/src/app/api/trpc/[trpc]/route.ts'));
  return new Promise((resolve) => {
    const fetch = (request: Request) => (request.method === 'GET' ? route.GET(request) : route.POST(request));
    const server = serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => resolve(`127.0.0.1:${port}`));
    onTestFinished(() => void server.close());
  });
}

/** A browser's `fetch`, for the pages of one origin. */
function browserFetch(): typeof fetch {
  const cookies = new Map<string, string>();
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('cookie', [...cookies].map((pair) => pair.join('=')).join('; '));
    headers.set('sec-fetch-site', 'same-origin');
    const response = await fetch(input, { ...init, headers });
    for (const set of response.headers.getSetCookie()) {
      const [name = '', value = ''] = set.split(/[=;]/);
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  };
}

test('the phone keeps its token in SecureStore and the page in a cookie, and one ends the session of the other', async () => {
  const host = await startServer();
  const device = { hostUri: host, keychain: new Map<string, string>() };
  const phone = await bundlePhoneApp(new URL('phone.ts', import.meta.url), expo);
  expect(await startPhoneApp(phone, device, 'sign in')).toEqual({
    visitor: 'missing_token',
    source: 'expo-react',
    posts: 1,
    device: 'Acme 1.0',
    isDate: true,
  });
  await expect.poll(() => device.keychain.get('trpc-sessions.token')).toMatch(/^eyJ/);
  expect(await startPhoneApp(phone, device, 'come back')).toBe('expo-react');

  const page = await bundlePhoneApp(new URL('page.ts', import.meta.url));
  const streams = { ReadableStream, TextDecoderStream, TransformStream, WritableStream };
  const browser = { location: { origin: `http://${host}` }, fetch: browserFetch(), ...streams };
  expect(await startPhoneApp(page, browser)).toEqual({
    source: 'nextjs-react',
    sessions: 2,
    revoked: 1,
    isMark: true,
    reason: 'missing_token',
  });
  expect(await startPhoneApp(phone, device, 'come back')).toBe('revoked_session');
});

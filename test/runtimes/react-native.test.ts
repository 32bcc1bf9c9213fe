import { setTimeout as sleep } from 'node:timers/promises';
import { createContext, Script } from 'node:vm';
import type { AsyncTokenStorage } from '@trpc-sessions/client';
import { build } from 'esbuild';
import { beforeAll, expect, test, vi } from 'vitest';
import { startApp } from './app-process.ts';

const server = new URL('standalone-app.ts', import.meta.url).pathname;

/** The globals of React Native 0.81, beside those of the language: no `Event`, no `EventTarget`, no `crypto`, no streams. */
const reactNative = {
  AbortController,
  AbortSignal,
  Headers,
  Request,
  Response,
  URL,
  URLSearchParams,
  console,
  fetch,
  clearTimeout,
  queueMicrotask,
  setTimeout,
  navigator: { product: 'ReactNative' },
};

let app: Script;

// Metro bundles an app to one script of CommonJS, with the conditions `require` and `react-native`.
beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [new URL('react-native-app.ts', import.meta.url).pathname],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'neutral',
    mainFields: ['react-native', 'browser', 'main'],
    conditions: ['react-native', 'require'],
    // Hermes has these features in part only.
    target: 'es2020',
  });
  app = new Script(outputFiles[0]?.text ?? '');
});

/** Starts the app, as the user taps its icon. */
async function start(url: string, storage: AsyncTokenStorage, job: string): Promise<unknown> {
  const globals = createContext({ ...reactNative });
  Object.assign(globals, { window: globals, global: globals });
  app.runInContext(globals);
  const run = Reflect.get(globals, 'start');
  const result: unknown = await run(url, storage, job);
  // Its objects have the prototypes of their own context.
  return JSON.parse(JSON.stringify(result));
}

test('with the globals of React Native only, an app signs in, and is signed in when it is started again', async () => {
  const stored = new Map<string, string>();
  const storage = {
    getItem: vi.fn(async (key: string) => {
      await sleep(20);
      return stored.get(key) ?? null;
    }),
    setItem: async (key: string, value: string) => void stored.set(key, value),
    removeItem: async (key: string) => void stored.delete(key),
  };
  await using backend = await startApp(process.execPath, () => [server]);
  expect(await start(backend.url, storage, 'sign in')).toBe('Hello, ada');
  expect([...stored.keys()].toSorted()).toEqual(['trpc-sessions.token', 'trpc-sessions.token.mark']);
  expect(await start(backend.url, storage, 'come back')).toEqual({
    hello: 'Hello, ada',
    reason: 'revoked_session',
    token: null,
  });
  // Why the user is signed out, and no token.
  await expect.poll(() => stored.get('trpc-sessions.token')).toBe('ended:revoked_session');
  expect(storage.getItem.mock.calls.filter(([key]) => key === 'trpc-sessions.token')).toHaveLength(2);
});

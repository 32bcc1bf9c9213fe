import type { Script } from 'node:vm';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test, vi } from 'vitest';
import { bundlePhoneApp, startPhoneApp } from '../support/react-native.ts';
import { startProcess } from './app-process.ts';

const server = new URL('standalone-app.ts', import.meta.url).pathname;

let app: Script;

beforeAll(async () => {
  app = await bundlePhoneApp(new URL('react-native-app.ts', import.meta.url));
});

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
  await using backend = await startProcess(process.execPath, () => [server]);
  expect(await startPhoneApp(app, {}, backend.url, storage, 'sign in')).toBe('Hello, ada');
  expect([...stored.keys()].toSorted()).toEqual(['trpc-sessions.token', 'trpc-sessions.token.mark']);
  expect(await startPhoneApp(app, {}, backend.url, storage, 'come back')).toEqual({
    hello: 'Hello, ada',
    reason: 'revoked_session',
    token: null,
  });
  // Why the user is signed out, and no token.
  await expect.poll(() => stored.get('trpc-sessions.token')).toBe('ended:revoked_session');
  expect(storage.getItem.mock.calls.filter(([key]) => key === 'trpc-sessions.token')).toHaveLength(2);
});

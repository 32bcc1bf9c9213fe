import type { SessionsDatabase } from '@trpc-sessions/core';
import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import { expect, test, vi } from 'vitest';
import { createRuntimeRouter } from './app.ts';

test('a manager and its plugin are created without a timer, an AbortController or a random number', () => {
  const db = new Kysely<SessionsDatabase>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (database) => new SqliteIntrospector(database),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
  // Cloudflare Workers forbid these while a module loads.
  const forbidden = vi.fn(function forbid() {
    throw new Error('Disallowed operation called within global scope');
  });
  for (const name of ['AbortController', 'setTimeout', 'setInterval', 'setImmediate', 'fetch']) {
    vi.stubGlobal(name, forbidden);
  }
  vi.spyOn(Math, 'random').mockImplementation(forbidden);
  vi.spyOn(crypto, 'getRandomValues').mockImplementation(forbidden);
  vi.spyOn(crypto, 'randomUUID').mockImplementation(forbidden);
  try {
    expect(createRuntimeRouter(db, () => Promise.resolve(true))).toHaveProperty('auth.login');
  } finally {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  }
  expect(forbidden).not.toHaveBeenCalled();
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSessionManager, migrateToLatest, type SessionsDatabase } from '@trpc-sessions/core';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { describe, expect, test, vi } from 'vitest';
import { secret } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { caller, fault, startApp, success } from './world.ts';

async function createWorld(journal: 'wal' | 'delete' = 'wal') {
  const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-fault-'));
  const file = join(folder, 'app.db');
  const open = (options: SqliteDatabase.Options = {}): SqliteDatabase.Database =>
    new SqliteDatabase(file, { timeout: 100, ...options });
  const first = open();
  first.pragma(`journal_mode = ${journal}`);
  await migrateToLatest(new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database: first }) }));

  async function serve(database: SqliteDatabase.Database) {
    const db = new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database }) });
    const manager = createSessionManager({ db, keys: secret, touchInterval: '0ms', maxSessionsPerUser: Infinity });
    const http = await startApp(manager);
    const faults = vi.fn();
    manager.on('fault', faults);
    return {
      manager,
      faults,
      call: caller(http),
      async [Symbol.asyncDispose]() {
        await http[Symbol.asyncDispose]();
        await manager.close();
        await db.destroy();
      },
    };
  }

  return {
    open,
    first,
    serve,
    async [Symbol.asyncDispose]() {
      first.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const login = { input: { username: 'ada', password: 'right' } };

describe('a SQLite file', () => {
  test('that another process writes to, in WAL mode, accepts requests, and answers those that write with a fault', async () => {
    await using w = await createWorld();
    await using app = await w.serve(w.open());
    const { token } = await app.call('auth.login', login);
    w.first.exec('begin immediate');
    expect(await app.call('me', { token })).toMatchObject(success);
    expect(await app.call('auth.login', login)).toMatchObject(fault);
    expect(await app.call('auth.logout', { token, input: null })).toMatchObject(fault);
    expect(await app.call('me', { token })).toMatchObject(success);
    await eventually(() => expect(app.faults).toHaveBeenCalledWith(expect.objectContaining({ task: 'last-seen' })));
    w.first.exec('rollback');
    expect(await app.call('auth.login', login)).toMatchObject(success);
    expect(await app.call('auth.logout', { token, input: null })).toMatchObject(success);
  });

  test('that another process has locked exclusively answers requests with a fault', async () => {
    await using w = await createWorld('delete');
    await using app = await w.serve(w.open());
    const { token } = await app.call('auth.login', login);
    w.first.exec('begin exclusive');
    expect(await app.call('me', { token })).toMatchObject(fault);
    expect(await app.call('open')).toMatchObject(success);
    w.first.exec('rollback');
    expect(await app.call('me', { token })).toMatchObject(success);
  });

  test('that is read-only accepts requests, and answers those that write with a fault', async () => {
    await using w = await createWorld();
    await using writer = await w.serve(w.open());
    const { token } = await writer.call('auth.login', login);
    await using app = await w.serve(w.open({ readonly: true }));
    expect(await app.call('me', { token })).toMatchObject(success);
    expect(await app.call('auth.login', login)).toMatchObject(fault);
    expect(await app.call('auth.logout', { token, input: null })).toMatchObject(fault);
    expect(await app.call('me', { token })).toMatchObject(success);
    await eventually(() => expect(app.faults).toHaveBeenCalledWith(expect.objectContaining({ task: 'last-seen' })));
  });

  test('that is full accepts requests and revocations, and answers a sign-in with a fault until it has space again', async () => {
    await using w = await createWorld();
    const database = w.open();
    await using app = await w.serve(database);
    const { token } = await app.call('auth.login', login);
    const pages = Number(database.pragma('page_count', { simple: true }));
    database.pragma(`max_page_count = ${pages}`);
    let answer = await app.call('auth.login', login);
    for (let n = 0; answer.status === 200 && n < 500; n += 1) answer = await app.call('auth.login', login);
    expect(answer).toMatchObject(fault);
    expect(await app.call('me', { token })).toMatchObject(success);
    expect(await app.call('auth.sessions.revokeOthers', { token, input: null })).toMatchObject(success);
    database.pragma(`max_page_count = ${pages * 10}`);
    expect(await app.call('auth.login', login)).toMatchObject(success);
    expect(await app.call('me', { token })).toMatchObject(success);
  });

  test('that has been closed answers requests with a fault', async () => {
    await using w = await createWorld();
    const database = w.open();
    await using app = await w.serve(database);
    const { token } = await app.call('auth.login', login);
    database.close();
    expect(await app.call('me', { token })).toMatchObject(fault);
    expect(await app.call('open')).toMatchObject(success);
  });
});

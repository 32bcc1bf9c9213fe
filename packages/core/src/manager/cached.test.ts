import type SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { beforeEach, describe, expect, test } from 'vitest';
import { localBus } from '../bus/local-bus.ts';
import { memoryCache, type MemoryCacheOptions } from '../cache/memory-cache.ts';
import { openMigratedSqlite } from '../testing/migrated-database.ts';
import { createSessionManager } from './manager.ts';
import type { SessionManagerOptions } from './options.ts';

const start = Date.UTC(2026, 10, 23);
const keys = 'a secret of more than thirty-two bytes';
const minute = 60_000;

let database: SqliteDatabase.Database;
let db: Kysely<object>;
let now: number;

beforeEach(async () => {
  database = await openMigratedSqlite();
  db = new Kysely<object>({ dialect: new SqliteDialect({ database }) });
  now = start;
  return () => db.destroy();
});

/** A manager that caches. Those with the same bus are processes of one app. */
function createCached(options: Partial<SessionManagerOptions<object>> = {}, cache: Partial<MemoryCacheOptions> = {}) {
  return createSessionManager({
    db,
    keys,
    clock: () => now,
    cache: memoryCache({ max: 100, ...cache }),
    bus: localBus(),
    ...options,
  });
}

/** Deletes the row with the app's own SQL: no message says so, and only a query shows it. */
const deleteRows = () => database.exec('delete from sessions');

/** The token of another user, with the signature of this one. */
function withOtherPayload(token: string): string {
  const [header, payload = '', signature] = token.split('.');
  const claims: object = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'admin' })).toString('base64url');
  return `${header}.${forged}.${signature}`;
}

test('a request that changes its session changes that of no other', async () => {
  const manager = createCached();
  const { token } = await manager.issue({ userId: 'ada' });
  const sessions = [await manager.verify(token), await manager.verify(token)].map(({ session }) => session);
  for (const session of sessions) {
    for (const date of [session.createdAt, session.lastSeenAt, session.expiresAt]) date.setTime(0);
    Object.assign(session, { userId: 'admin' });
  }
  const { session } = await manager.verify(token);
  expect(session).toMatchObject({ userId: 'ada', createdAt: new Date(start), lastSeenAt: new Date(start) });
  expect(session.expiresAt.getTime()).toBeGreaterThan(start);
});

describe('a cached session is refused', () => {
  test('when its lifetime is over, though nothing was announced', async () => {
    const manager = createCached({ lifetime: '10m', clockTolerance: '0s' }, { maxAge: '1h' });
    const { token } = await manager.issue({ userId: 'ada' });
    now += 10 * minute - 1000;
    await manager.verify(token);
    deleteRows();
    await manager.verify(token);
    now += 1000;
    await expect(manager.verify(token)).rejects.toMatchObject({ reason: 'expired_token' });
  });

  test('when it has gone idle, unless the database knows of a later use', async () => {
    const manager = createCached({ idleTimeout: '10m', touchInterval: '1m' }, { maxAge: '1h' });
    const { token } = await manager.issue({ userId: 'ada' });
    await manager.verify(token);
    now += 10 * minute;
    database.prepare('update sessions set last_seen_at = ?').run(now - minute);
    await manager.verify(token);
    await manager.flush();
    now += 10 * minute;
    await expect(manager.verify(token)).rejects.toMatchObject({ reason: 'idle_session' });
  });

  test('when the maximum age has passed since its row was read, however often it was used', async () => {
    const manager = createCached({ touchInterval: '10s' }, { maxAge: '1m' });
    const { token } = await manager.issue({ userId: 'ada' });
    await manager.verify(token);
    deleteRows();
    for (let second = 0; second < 59; second += 1) {
      now += 1000;
      await manager.verify(token);
    }
    now += 1000;
    await expect(manager.verify(token)).rejects.toMatchObject({ reason: 'revoked_session' });
  });

  test.each(['revoke', 'revokeOthers', 'revokeAll'] as const)(
    'after %s, by this process and by another, and no other session is',
    async (how) => {
      const bus = localBus();
      const [one, other] = [createCached({ bus }), createCached({ bus })];
      const { token } = await one.issue({ userId: 'ada' });
      const kept = await one.issue({ userId: 'ada' });
      const bob = await one.issue({ userId: 'bob' });
      for (const manager of [one, other]) {
        for (const each of [token, kept.token, bob.token]) await manager.verify(each);
      }
      const { session } = await one.verify(token);
      if (how === 'revoke') await one.revoke({ userId: 'ada', id: session.id });
      if (how === 'revokeOthers') await one.revokeOthers({ userId: 'ada', currentId: kept.session.id });
      if (how === 'revokeAll') await one.revokeAll('ada');
      await expect(one.verify(token)).rejects.toMatchObject({ reason: 'revoked_session' });
      await expect
        .poll(() => other.verify(token).catch((error: unknown) => error))
        .toMatchObject({ reason: 'revoked_session' });
      for (const manager of [one, other]) {
        await manager.verify(bob.token);
        if (how !== 'revokeAll') await manager.verify(kept.token);
      }
    },
  );

  test('with another payload, though the end of its token is known', async () => {
    const manager = createCached();
    const { token } = await manager.issue({ userId: 'ada' });
    await manager.verify(token);
    await expect(manager.verify(withOtherPayload(token))).rejects.toMatchObject({ reason: 'invalid_token' });
    expect((await manager.verify(token)).session.userId).toBe('ada');
  });

  test('by a manager without its key, beside one that has cached it', async () => {
    const bus = localBus();
    const { token } = await createCached({ bus }).issue({ userId: 'ada' });
    await createCached({ bus }).verify(token);
    const rotated = createCached({ bus, keys: 'another secret of more than thirty-two bytes' });
    await expect(rotated.verify(token)).rejects.toMatchObject({ reason: 'invalid_token' });
  });
});

test('a session that is revoked while its row is read is not cached', async () => {
  const manager = createCached();
  const { token } = await manager.issue({ userId: 'ada' });
  const reading = manager.verify(token);
  const revoking = manager.revokeAll('ada');
  await Promise.allSettled([reading, revoking]);
  await expect(manager.verify(token)).rejects.toMatchObject({ reason: 'revoked_session' });
});

test('more sessions than are cached: each is accepted, and refused once its user is signed out', async () => {
  const manager = createCached({ maxSessionsPerUser: Infinity }, { max: 10 });
  const tokens: string[] = [];
  for (let n = 0; n < 50; n += 1) tokens.push((await manager.issue({ userId: `user${n % 5}` })).token);
  for (let round = 0; round < 2; round += 1) for (const token of tokens) await manager.verify(token);
  await manager.revokeAll('user0');
  for (const [n, token] of tokens.entries()) {
    const verified = manager.verify(token);
    if (n % 5 === 0) await expect(verified).rejects.toMatchObject({ reason: 'revoked_session' });
    else expect((await verified).session.userId).toBe(`user${n % 5}`);
  }
  deleteRows();
  const accepted = await Promise.allSettled(tokens.map((token) => manager.verify(token)));
  expect(accepted.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(10);
});

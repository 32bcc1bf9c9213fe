import { generateKeyPairSync } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { isSessionError, SessionUsageError } from '../errors.ts';
import { createKeyRing, type Jwk } from '../token/keys.ts';
import { createSessionManager, type SessionManager } from './manager.ts';
import type { SessionsDatabase } from '../store/schema.ts';
import { intercepted } from '../testing/intercept.ts';
import { openMigratedSqlite } from '../testing/migrated-database.ts';

// Input of the manager: from the app, its clients, its drivers and its keys.

const secret = 'a secret of more than thirty-two bytes';

let sqlite: SqliteDatabase.Database;
let db: Kysely<SessionsDatabase>;
let manager: SessionManager;
const queries = vi.fn<(text: string) => void>();

beforeEach(async () => {
  sqlite = await openMigratedSqlite();
  db = new Kysely<SessionsDatabase>({
    dialect: new SqliteDialect({ database: sqlite }),
    log: ({ query }) => queries(query.sql),
  });
  manager = createSessionManager({ db, keys: secret });
  queries.mockClear();
  return () => db.destroy();
});

describe('an id of another shape is unknown, and costs no query', () => {
  test.each(['', 'é', '\0', '\ud800', 'A'.repeat(32), 'a'.repeat(33), "' or 1=1 --", 'a'.repeat(1 << 20)])(
    '%j',
    async (id) => {
      expect(await manager.get({ userId: 'ada', id })).toBeNull();
      expect(await manager.revoke({ userId: 'ada', id })).toBe(false);
      expect(await manager.revokeMany({ userId: 'ada', ids: [id, id] })).toBe(0);
      await expect(manager.revokeOthers({ userId: 'ada', currentId: id })).rejects.toMatchObject({
        reason: 'revoked_session',
      });
      expect(queries).not.toHaveBeenCalled();
    },
  );
});

describe('a user id that a database may confuse with another is misuse', () => {
  test.each<[string, unknown]>([
    ['a lone surrogate', 'a\ud800'],
    ['a NUL', 'a\0'],
    ['an empty text', ''],
    ['a text that is too long', 'x'.repeat(256)],
    ['a number', 5],
    ['undefined', undefined],
  ])('%s', async (_, userId) => {
    const id = 'a'.repeat(32);
    const user = userId as string;
    for (const call of [
      () => manager.issue({ userId: user }),
      () => manager.list(user),
      () => manager.get({ userId: user, id }),
      () => manager.revoke({ userId: user, id }),
      () => manager.revokeOthers({ userId: user, currentId: id }),
      () => manager.revokeAll(user),
    ]) {
      await expect(call()).rejects.toThrow(SessionUsageError);
    }
    expect(queries).not.toHaveBeenCalled();
  });
});

describe('an unknown option of a call is misuse: a mistyped `trx` would write outside the transaction', () => {
  const user = { userId: 'ada' };
  const options = (option: string): object => ({ [option]: {} });
  test.each<[string, () => Promise<unknown>]>([
    ['issue', () => manager.issue(user, options('transaction'))],
    ['issue, in its input', () => manager.issue(Object.assign({ trx: {} }, user))],
    ['revoke', () => manager.revoke({ ...user, id: 'a'.repeat(32) }, options('Trx'))],
    ['revokeMany', () => manager.revokeMany({ ...user, ids: [] }, options('tx'))],
    ['revokeOthers', () => manager.revokeOthers({ ...user, currentId: 'a'.repeat(32) }, options('since'))],
    ['revokeAll', () => manager.revokeAll('ada', options('transaction'))],
    ['changeCredentials', () => manager.changeCredentials(Object.assign({ keepId: 'x' }, user), async () => {})],
    ['issue, with a `since` that is no text', () => manager.issue(user, { since: 5 as unknown as string })],
  ])('%s', async (_, call) => {
    await expect(call()).rejects.toThrow(SessionUsageError);
    expect(queries).not.toHaveBeenCalled();
  });
});

describe('claims that cannot be signed are misuse', () => {
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  test.each<[string, unknown]>([
    ['a list', ['a']],
    ['a text', 'a'],
    ['null', null],
    ['a circle', circular],
    ['a bigint', { n: 1n }],
    ['constructor', { constructor: 1 }],
    ['toString', { toString: 1 }],
    ['__proto__', JSON.parse('{"__proto__":{"admin":true}}')],
    ['a registered one', { sub: 'eve' }],
  ])('%s', async (_, claims) => {
    await expect(manager.issue({ userId: 'ada', claims: claims as Record<string, unknown> })).rejects.toThrow(
      SessionUsageError,
    );
    expect(await manager.list('ada')).toEqual([]);
  });
});

test.each(['unknown', '203.0.113.7, 10.0.0.1', '1'.repeat(46), '\0', "'; drop table sessions; --"])(
  'an address that is not an IP address is not stored: %j',
  async (ip) => {
    const { token, session } = await manager.issue({ userId: 'ada', caller: { ip } });
    expect(session).toMatchObject({ ip: null, createdIp: null });
    await manager.verify(token, { ip });
    expect(await manager.list('ada')).toMatchObject([{ ip: null }]);
  },
);

test('a user agent is stored as a text that every database takes', async () => {
  const { session } = await manager.issue({ userId: 'ada', caller: { userAgent: `a\0b${'😀'.repeat(300)}` } });
  expect(session.userAgent).toMatch(/^ab/);
  expect(session.userAgent?.isWellFormed()).toBe(true);
});

describe('times that a driver gives as', () => {
  /** A driver that converts numbers. */
  const giving = (convert: (value: number) => unknown): Kysely<SessionsDatabase> =>
    intercepted(sqlite, async (_, run) => {
      const result = await run();
      const converted = (row: object): Record<string, unknown> =>
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [name, typeof value === 'number' ? convert(value) : value]),
        );
      return { ...result, rows: result.rows.map(converted) };
    });

  test.each([
    ['texts', String],
    ['bigints', BigInt],
  ])('%s are compared as numbers', async (_, convert) => {
    let now = Date.now();
    const odd = createSessionManager({ db: giving(convert), keys: secret, clock: () => now, idleTimeout: '1h' });
    const { token, session } = await odd.issue({ userId: 'ada' });
    expect((await odd.verify(token)).session).toEqual(session);
    expect(await odd.list('ada')).toEqual([session]);
    expect(await odd.get({ userId: 'ada', id: session.id })).toEqual(session);
    now += 3_600_000;
    await expect(odd.verify(token)).rejects.toMatchObject({ reason: 'idle_session' });
  });

  test('nonsense are a fault, and no request is accepted', async () => {
    const odd = createSessionManager({ db: giving(() => 'yesterday'), keys: secret });
    const { token } = await manager.issue({ userId: 'ada' });
    const error: unknown = await odd.verify(token).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(isSessionError(error)).toBe(false);
  });
});

describe('keys', () => {
  test('without an id all verify, and the first signs', async () => {
    const [old, current] = ['an old secret of thirty-two bytes!!', 'a new secret of thirty-two bytes!!'];
    const before = createSessionManager({ db, keys: old });
    const after = createSessionManager({ db, keys: [current, old] });
    const { token } = await before.issue({ userId: 'ada' });
    expect((await after.verify(token)).session.userId).toBe('ada');
    const { token: renewed } = await after.issue({ userId: 'ada' });
    await after.verify(renewed);
    await expect(before.verify(renewed)).rejects.toMatchObject({ reason: 'invalid_token' });
    const later = createSessionManager({ db, keys: [current] });
    await later.verify(renewed);
    await expect(later.verify(token)).rejects.toMatchObject({ reason: 'invalid_token' });
  });

  test('that cannot verify their own signatures are refused when the manager is created', () => {
    const [one, other] = ['P-256', 'P-256'].map((namedCurve) =>
      generateKeyPairSync('ec', { namedCurve }).privateKey.export({ format: 'jwk' }),
    );
    const mixed = { kid: 'a', alg: 'ES256', ...one, d: other!.d } as Jwk;
    expect(() => createKeyRing([mixed])).toThrow(/^keys: .*"a"/);
    const pss = generateKeyPairSync('rsa-pss', {
      modulusLength: 2048,
      hashAlgorithm: 'sha256',
      mgf1HashAlgorithm: 'sha256',
    });
    expect(() => createKeyRing([{ kid: 'a', alg: 'PS512', privateKey: pss.privateKey }])).toThrow(/^keys: .*PS512/);
  });
});

test('a listener may be asynchronous, and one that rejects fails no request', async () => {
  const fault = vi.fn();
  manager.on('fault', fault);
  const rejecting = async (): Promise<void> => {
    await turn();
    throw new Error('of the listener');
  };
  // oxlint-disable-next-line typescript/no-misused-promises -- apps do this
  manager.on('created', rejecting);
  await manager.issue({ userId: 'ada' });
  await expect.poll(() => fault.mock.calls).not.toHaveLength(0);
  expect(fault).toHaveBeenCalledExactlyOnceWith({ task: 'listener', error: new Error('of the listener') });
});

test('a listener that subscribes again is not called twice for the same event', async () => {
  let calls = 0;
  const listen = (): void => {
    calls += 1;
    stop();
    stop = manager.on('created', listen);
  };
  let stop = manager.on('created', listen);
  await manager.issue({ userId: 'ada' });
  expect(calls).toBe(1);
});

test('a user with very many sessions can sign in under a new cap', async () => {
  const device = JSON.stringify({ name: null, os: {}, browser: {}, app: {} });
  const insert = sqlite.prepare(
    `with recursive ids (n) as (select 1 union all select n + 1 from ids where n < 33000)
     insert into sessions (id, user_id, created_at, last_seen_at, expires_at, device)
     select printf('%032d', n), 'ada', ?, ?, ?, ? from ids`,
  );
  const now = Date.now();
  expect(insert.run(now, now, now + 1e9, device).changes).toBe(33_000);
  const capped = createSessionManager({ db, keys: secret, maxSessionsPerUser: 3 });
  await capped.issue({ userId: 'ada' });
  expect(await capped.list('ada')).toHaveLength(3);
});

test('a purge fails on a database that forbids it, and does not retry without end', async () => {
  const expired = createSessionManager({ db, keys: secret, lifetime: '1s' });
  await expired.issue({ userId: 'ada' });
  sqlite.exec('create trigger forbidden before delete on sessions begin select raise(ignore); end');
  const later = createSessionManager({ db, keys: secret, clock: () => Date.now() + 5000 });
  await expect(later.purgeExpired()).rejects.toThrow(/^purgeExpired: /);
  expect(queries.mock.calls.length).toBeLessThan(50);
});

test('a closed manager refuses to purge', async () => {
  await manager.close();
  await expect(manager.purgeExpired()).rejects.toThrow(/closed/);
  await manager.close();
});

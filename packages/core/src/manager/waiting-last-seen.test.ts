import type { Kysely } from 'kysely';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { localBus } from '../bus/local-bus.ts';
import { memoryCache } from '../cache/memory-cache.ts';
import { createSessionManager, type SessionManager } from './manager.ts';
import type { SessionManagerOptions } from './options.ts';
import type { SessionsDatabase } from '../store/schema.ts';
import { createMigratedDatabase } from '../testing/migrated-database.ts';

// A last-seen write that still waits counts.

const second = 1000;
const start = Date.UTC(2026, 10, 25);

let db: Kysely<SessionsDatabase>;
let now: number;

beforeEach(async () => {
  now = start;
  db = await createMigratedDatabase();
  return () => db.destroy();
});

function create(options: Partial<SessionManagerOptions<SessionsDatabase>> = {}): SessionManager {
  return createSessionManager({ db, keys: 'a secret of more than thirty-two bytes', clock: () => now, ...options });
}

const chrome = (version: number): string =>
  `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36`;

/** Waits until the last-seen writes of so many sessions are written. */
async function written(count: number): Promise<void> {
  const rows = db.selectFrom('sessions').select('id').whereRef('last_seen_at', '>', 'created_at');
  await expect.poll(() => rows.execute()).toHaveLength(count);
}

describe.each([
  ['no cache', {}],
  ['a cache', { cache: memoryCache({ max: 10 }), bus: localBus() }],
] as const)('with %s', (_, options) => {
  test('a session that was used is not idle, even if the clock moved on before its write', async () => {
    const manager = create({ ...options, lifetime: '1y', idleTimeout: '14d' });
    const { token } = await manager.issue({ userId: 'ada' });
    for (let n = 0; n < 5; n += 1) {
      now += 10 * 86_400 * second;
      await manager.verify(token);
    }
    now += 14 * 86_400 * second;
    await expect(manager.verify(token)).rejects.toMatchObject({ reason: 'idle_session' });
    await manager.close();
  });

  test('a session that was used is not purged', async () => {
    const manager = create({ ...options, idleTimeout: '14d' });
    const { token } = await manager.issue({ userId: 'ada' });
    now += 10 * 86_400 * second;
    await manager.verify(token);
    now += 10 * 86_400 * second;
    expect(await manager.purgeExpired()).toBe(0);
    await manager.verify(token);
  });

  test.each([false, true])(
    'the least recently seen session is evicted, and not one that was used since (in a transaction: %s)',
    async (inTransaction) => {
      const manager = create({ ...options, maxSessionsPerUser: 2 });
      const a = await manager.issue({ userId: 'ada' });
      now += second;
      const b = await manager.issue({ userId: 'ada' });
      now += 3600 * second;
      await manager.verify(a.token);
      if (inTransaction) await db.transaction().execute((trx) => manager.issue({ userId: 'ada' }, { trx }));
      else await manager.issue({ userId: 'ada' });
      await expect(manager.verify(b.token)).rejects.toMatchObject({ reason: 'revoked_session' });
      await manager.verify(a.token);
    },
  );

  test('a request gets its session as last seen by that request', async () => {
    const manager = create(options);
    const { token } = await manager.issue({ userId: 'ada', caller: { ip: '203.0.113.1' } });
    now += 3600 * second;
    const { session } = await manager.verify(token, { ip: '203.0.113.2' });
    expect(session).toMatchObject({ lastSeenAt: new Date(now), ip: '203.0.113.2', createdIp: '203.0.113.1' });
    expect(await manager.list('ada')).toEqual([session]);
  });

  test('a new address is written, even if the next request has none', async () => {
    const manager = create(options);
    const { token } = await manager.issue({ userId: 'ada', caller: { ip: '203.0.113.1' } });
    now += 3600 * second;
    await manager.verify(token, { ip: '203.0.113.2' });
    now += 3600 * second;
    await manager.verify(token);
    expect(await manager.list('ada')).toMatchObject([{ ip: '203.0.113.2', lastSeenAt: new Date(now) }]);
  });

  test('the browser of a session follows its user agent when last seen is written', async () => {
    const manager = create(options);
    const { token } = await manager.issue({ userId: 'ada', caller: { userAgent: chrome(120) } });
    now += 10 * second;
    expect((await manager.verify(token, { userAgent: chrome(131) })).session.device.browser.version).toBe('120');
    now += 3600 * second;
    const { session } = await manager.verify(token, { userAgent: chrome(131) });
    expect(session).toMatchObject({ userAgent: chrome(131), device: { browser: { version: '131' } } });
    expect(await manager.list('ada')).toEqual([session]);
    now += second;
    expect((await manager.verify(token)).session).toEqual(session);
  });

  test('the name and the app that a client gave at sign-in outlive a change of its user agent', async () => {
    const manager = create(options);
    const device = { name: 'My laptop', app: 'Notes', appVersion: '2' };
    const { token } = await manager.issue({ userId: 'ada', caller: { userAgent: chrome(120) }, device });
    for (const version of [131, 140]) {
      now += 3600 * second;
      await manager.verify(token, { userAgent: chrome(version) });
      const [session] = await manager.list('ada');
      expect(session?.device).toMatchObject({
        name: 'My laptop',
        browser: { version: String(version) },
        app: { name: 'Notes', version: '2' },
      });
      expect(session?.device).not.toHaveProperty('described');
    }
  });

  test.each([
    ['the name that its user agent gives', 'Chrome on Linux', 'Firefox on Linux'],
    ['another name, which the client gave', 'My laptop', 'My laptop'],
  ])('a row of a former release with %s shows the right name after the next user agent', async (__, before, after) => {
    const manager = create(options);
    const { token } = await manager.issue({ userId: 'ada', caller: { userAgent: chrome(120) } });
    const [row] = await db.selectFrom('sessions').select('device').execute();
    const { described, ...stored } = JSON.parse(row!.device);
    expect(described).toBeNull();
    await db
      .updateTable('sessions')
      .set({ device: JSON.stringify({ ...stored, name: before }) })
      .execute();
    for (let n = 0; n < 2; n += 1) {
      now += 3600 * second;
      await manager.verify(token, {
        userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0',
      });
      expect(await manager.list('ada')).toMatchObject([{ device: { name: after, browser: { name: 'Firefox' } } }]);
    }
  });

  test('a user agent of a hostile caller is bounded when it changes, as at sign-in', async () => {
    const manager = create(options);
    const { token } = await manager.issue({ userId: 'ada' });
    now += 3600 * second;
    await manager.verify(token, { userAgent: `\0\ud800Evil/${'9'.repeat(1e6)}` });
    const [session] = await manager.list('ada');
    expect(session?.userAgent).toHaveLength(512);
    expect(JSON.stringify(session?.device).length).toBeLessThan(1000);
    now += 3600 * second;
    const notText = { userAgent: 5 as unknown as string };
    expect((await manager.verify(token, notText)).session.userAgent).toBe(session?.userAgent);
  });

  test('sessions seen within one second are all written, whichever was due first', async () => {
    const manager = create({ ...options, idleTimeout: '1m', touchInterval: '40s' });
    const tokens: string[] = [];
    for (const userId of ['ada', 'bob']) {
      tokens.push((await manager.issue({ userId })).token);
      now += 900;
    }
    now = start + 40 * second;
    await manager.verify(tokens[0]);
    now += 900;
    await manager.verify(tokens[1]);
    await written(2);
    now += 55 * second;
    for (const token of tokens) await manager.verify(token);
  });

  test('a write that failed is retried', async () => {
    const manager = create({ ...options, idleTimeout: '1m', touchInterval: '10s' });
    const fault = vi.fn();
    manager.on('fault', fault);
    const { token } = await manager.issue({ userId: 'ada' });
    await db.schema.alterTable('sessions').renameTo('elsewhere').execute();
    await db.schema
      .createView('sessions')
      .as(db.selectFrom('elsewhere' as 'sessions').selectAll())
      .execute();
    now += 30 * second;
    await manager.verify(token);
    await expect.poll(() => fault.mock.calls).not.toHaveLength(0);
    expect(fault).toHaveBeenCalledExactlyOnceWith({ task: 'last-seen', error: expect.any(Error) });
    await db.schema.dropView('sessions').execute();
    await db.schema.alterTable('elsewhere').renameTo('sessions').execute();
    now += 50 * second;
    await manager.verify(token);
    await manager.close();
    const other = create({ ...options, idleTimeout: '1m', touchInterval: '10s' });
    await other.verify(token);
  });
});

test('a clock with fractions is read in whole milliseconds', async () => {
  const manager = create({ clock: () => now + 0.75 });
  for (let n = 0; n < 5; n += 1) await manager.issue({ userId: 'ada' });
  const first = await manager.list('ada', { limit: 3 });
  const rest = await manager.list('ada', { limit: 3, cursor: first.nextCursor });
  expect(new Set([...first.sessions, ...rest.sessions].map(({ id }) => id)).size).toBe(5);
});

test('the clock is read at each call, so that a test may replace it later', async () => {
  const manager = createSessionManager({ db, keys: 'a secret of more than thirty-two bytes', lifetime: '1h' });
  const { token } = await manager.issue({ userId: 'ada' });
  vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_601_000);
  await expect(manager.verify(token)).rejects.toMatchObject({ reason: 'expired_token' });
  vi.restoreAllMocks();
});

import { createSessionManager, isSessionError, memoryCache, migrateToLatest } from '@trpc-sessions/core';
import { postgresBus, reuseStatements, type PostgresBusOptions } from '@trpc-sessions/core/postgres';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { expect, inject, test, vi, type Mock } from 'vitest';
import { databaseTimeout, secret } from '../support/app.ts';
import { pgbouncerProgram, startPgbouncer } from '../support/database-servers.ts';
import { createPostgresDatabase, sqliteReusingStatements } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';
import { heartbeat, soon } from './bus.ts';
import { refused } from './sessions.ts';

// PgBouncer in transaction mode takes LISTEN and answers every query, but delivers no notification. Before 1.21, it also gives
// a statement to a connection that has not prepared it.

const url = inject('postgresUrl');
const isAvailable = url !== null && pgbouncerProgram() !== undefined;

type Faults = Mock<(fault: { task: string; error: unknown }) => void>;

const textsOf = (faults: Faults): string[] => faults.mock.calls.map(([{ task, error }]) => `${task}: ${String(error)}`);

describeIf(isAvailable, 'behind PgBouncer', 'install postgresql and pgbouncer', () => {
  async function createWorld(options: Pick<PostgresBusOptions, 'listener'> = {}) {
    const disposables = new AsyncDisposableStack();
    const database = disposables.use(await sqliteReusingStatements.create());
    const pooler = disposables.use(await startPgbouncer(url ?? ''));
    const channel = `pooler-${process.pid}-${Math.random()}`;
    return {
      async join() {
        const pool = new pg.Pool({ connectionString: pooler.url });
        disposables.defer(() => pool.end());
        const bus = postgresBus(pool, { channel, heartbeat, ...options });
        const manager = createSessionManager({
          db: database.db,
          keys: secret,
          databaseTimeout,
          bus,
          cache: memoryCache({ max: 100 }),
        });
        disposables.defer(() => manager.close());
        const faults: Faults = vi.fn();
        manager.on('fault', faults);
        return { manager, faults };
      },
      async cost(verifying: () => Promise<unknown>): Promise<number> {
        database.clearQueries();
        await verifying();
        return database.queries.length;
      },
      [Symbol.asyncDispose]: () => disposables.disposeAsync(),
    };
  }

  test('a bus never connects, and says why: the database is asked, and refuses a revoked session at once', async () => {
    await using w = await createWorld();
    const [a, b] = [await w.join(), await w.join()];
    const { token, session } = await a.manager.issue({ userId: 'ada' });
    const why = /do not arrive.*PgBouncer.*set `listener`/;
    for (const { manager, faults } of [a, b]) {
      await soon(() => expect(textsOf(faults)).toContainEqual(expect.stringMatching(why)));
      // Several attempts, other processes' traffic included: none may pass for a connection that delivers.
      for (let n = 0; n < 25; n += 1) {
        expect(await w.cost(() => manager.verify(token))).toBe(1);
        await a.manager.revoke({ userId: 'bob', id: session.id });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    await a.manager.revoke({ userId: 'ada', id: session.id });
    await refused(b.manager.verify(token), 'revoked_session');
    // The same fault is reported once, however often the bus retries. A busy server may cause another one in between.
    const texts = textsOf(b.faults);
    expect(texts.filter((text, n) => text === texts[n - 1])).toEqual([]);
  });

  test('a bus that listens on PostgreSQL itself connects, and publishes through the pooler', async () => {
    await using w = await createWorld({ listener: () => new pg.Client(url ?? '') });
    const [a, b] = [await w.join(), await w.join()];
    const { token, session } = await a.manager.issue({ userId: 'ada' });
    await soon(async () => expect(await w.cost(() => b.manager.verify(token))).toBe(0));
    await a.manager.revoke({ userId: 'ada', id: session.id });
    await soon(() => refused(b.manager.verify(token), 'revoked_session'));
    expect([...a.faults.mock.calls, ...b.faults.mock.calls]).toEqual([]);
  });

  test('reuseStatements works without prepared statements, in transactions too, once the pooler has lost one', async () => {
    await using disposables = new AsyncDisposableStack();
    const { url: databaseUrl, dispose } = await createPostgresDatabase();
    disposables.defer(dispose);
    const pooler = disposables.use(await startPgbouncer(databaseUrl));
    const errors: unknown[] = [];
    /** A process of the app, which repeats its queries at the same time as the others. */
    async function work(name: string): Promise<void> {
      const pool = new pg.Pool({ connectionString: pooler.url, max: 5 });
      pool.on('error', () => {});
      const db = new Kysely<object>({ dialect: new PostgresDialect({ pool: reuseStatements(pool) }) });
      const manager = createSessionManager({ db, keys: secret, databaseTimeout, maxSessionsPerUser: 2 });
      manager.on('fault', ({ error }) => errors.push(error));
      await Promise.all(
        Array.from({ length: 40 }, async (_, n) => {
          const userId = `${name}-${n % 8}`;
          const { token, session } = await manager.issue({ userId });
          await manager.verify(token).catch((error: unknown) => isSessionError(error) || errors.push(error));
          await manager.list(userId);
          await db.transaction().execute((trx) => manager.revoke({ userId, id: session.id }, { trx }));
          await manager.revokeAll(userId);
        }),
      );
      await manager.close();
      await db.destroy();
    }
    const admin = new Kysely<object>({
      dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: databaseUrl }) }),
    });
    await migrateToLatest(admin);
    await admin.destroy();
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => work(name)));
    expect(errors).toEqual([]);
  });
});

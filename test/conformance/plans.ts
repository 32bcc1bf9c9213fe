import { createSessionManager, type SessionsDatabase } from '@trpc-sessions/core';
import { CompiledQuery, sql, type Kysely } from 'kysely';
import { expect, test } from 'vitest';
import { secret } from '../support/app.ts';
import { createTestClock, day, hour } from '../support/clock.ts';
import { mysql, pglite, postgres, sqlite, type DatabaseTarget, type TestDatabase } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';

// What a table of a hundred million rows depends on: no query of ours reads it through.

const rowCount = 3000;

/** Runs everything a manager can do, on a table that is worth an index. */
async function useEverything(database: TestDatabase): Promise<void> {
  const clock = createTestClock();
  const options = { db: database.db, keys: secret, clock, maxSessionsPerUser: 3, idleTimeout: '7d' } as const;
  const manager = createSessionManager(options);
  await database.plain.insertInto('sessions').values(rowsAt(clock())).execute();

  const { token, session } = await manager.issue({ userId: 'u1' });
  for (let n = 0; n < 4; n += 1) await manager.issue({ userId: 'u1' });
  const others = await Promise.all(['u2', 'u3', 'u4'].map((userId) => manager.issue({ userId })));
  clock.advance(hour);
  await Promise.all(others.map((other) => manager.verify(other.token)));
  await manager.verify(others[0]!.token);
  await manager.verify(token).catch(() => {});
  await manager.list('u2');
  const { nextCursor } = await manager.list('u1', { limit: 1 });
  await manager.list('u1', { limit: 1, cursor: nextCursor });
  await manager.get({ userId: 'u1', id: session.id });
  await manager.revokeMany({ userId: 'u1', ids: [session.id, others[0]!.session.id] });
  await manager.revokeOthers({ userId: 'u2', currentId: others[0]!.session.id });
  await manager.revokeAll('u1');
  clock.advance(8 * day);
  await manager.purgeExpired({ chunkSize: 1000 });
  await manager.close();
}

function rowsAt(milliseconds: number) {
  // A text that every database takes for a time, or keeps.
  const time = new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ');
  return Array.from({ length: rowCount }, (_, index) => ({
    id: `row${index}`,
    user_id: `user${index}`,
    created_at: time,
    last_seen_at: time,
    expires_at: time,
    device: '{}',
  }));
}

/** What a database says of a query: every line of its plan. */
type Explain = (db: Kysely<SessionsDatabase>, query: CompiledQuery) => Promise<readonly string[]>;

const explainSqlite: Explain = async (db, query) => {
  const { rows } = await db.executeQuery<{ detail: string }>(
    CompiledQuery.raw(`explain query plan ${query.sql}`, [...query.parameters]),
  );
  return rows.map(({ detail }) => detail);
};

const explainPostgres: Explain = (db, query) =>
  db.transaction().execute(async (trx) => {
    // The planner then takes an index if there is one: a scan that is left has none.
    await sql`set local enable_seqscan = off`.execute(trx);
    const { rows } = await trx.executeQuery<{ 'QUERY PLAN': string }>(
      CompiledQuery.raw(`explain ${query.sql}`, [...query.parameters]),
    );
    return rows.map((row) => row['QUERY PLAN']);
  });

const explainMysql: Explain = async (db, query) => {
  const { rows } = await db.executeQuery<{ type: string | null; key: string | null }>(
    CompiledQuery.raw(`explain ${query.sql}`, [...query.parameters]),
  );
  return rows.map(({ type, key }) => `${type} by ${key}`);
};

const cases: [DatabaseTarget, Explain, RegExp][] = [
  [sqlite, explainSqlite, /^SCAN/],
  [postgres, explainPostgres, /Seq Scan/],
  [pglite, explainPostgres, /Seq Scan/],
  [mysql, explainMysql, /^(?:ALL|index) by/],
];

for (const [target, explain, fullScan] of cases) {
  describeIf(target.available, `on ${target.name}`, target.howToEnable, () => {
    test('no query reads the whole table', async () => {
      await using database = await target.create();
      await useEverything(database);
      const asked = new Map(database.compiledQueries.map((query) => [query.sql, query]));
      // As it is on most days: many sessions, few of them dead.
      await database.plain.deleteFrom('sessions').execute();
      await database.plain
        .insertInto('sessions')
        .values(rowsAt(createTestClock()() + 30 * day))
        .execute();
      const ours = [...asked.values()].filter(
        ({ sql: text }) => /^(?:select|update|delete)\b.*\bsessions\b/s.test(text) && !text.endsWith('where 1 = 0'),
      );
      // Look-up of one and of many, list, two pages, get, touch, and the ways of ending and purging.
      expect(ours.length).toBeGreaterThanOrEqual(13);
      for (const query of ours) {
        const plan = await explain(database.plain, query);
        expect({ query: query.sql, scans: plan.filter((line) => fullScan.test(line)) }).toEqual({
          query: query.sql,
          scans: [],
        });
      }
    });

    test('a query that does is found', async () => {
      await using database = await target.create();
      await database.plain.insertInto('sessions').values(rowsAt(createTestClock()())).execute();
      const query = database.plain.selectFrom('sessions').selectAll().where('ip', '=', '203.0.113.7').compile();
      expect(await explain(database.plain, query)).toContainEqual(expect.stringMatching(fullScan));
    });
  });
}

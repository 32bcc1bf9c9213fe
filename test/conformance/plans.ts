import { createSessionManager, type SessionsDatabase } from '@trpc-sessions/core';
import { CompiledQuery, sql, type Kysely } from 'kysely';
import { expect, test } from 'vitest';
import { secret } from '../support/app.ts';
import { createTestClock, day, hour } from '../support/clock.ts';
import type { DatabaseTarget, TestDatabase } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';

const rowCount = 3000;

/** Runs every query of a manager, on a table that is large enough for an index to matter. */
async function useEverything(target: DatabaseTarget, database: TestDatabase): Promise<void> {
  const clock = createTestClock();
  const options = { db: database.db, keys: secret, clock, maxSessionsPerUser: 3, idleTimeout: '7d' } as const;
  const manager = createSessionManager(options);
  await fill(target, database, clock());

  const { token, session } = await manager.issue({ userId: 'u1' });
  for (let n = 0; n < 4; n += 1) await manager.issue({ userId: 'u1' });
  const others = await Promise.all(['u2', 'u3', 'u4'].map((userId) => manager.issue({ userId })));
  clock.advance(hour);
  await Promise.all(others.map((other) => manager.verify(other.token)));
  await manager.verify(others[0]!.token);
  await manager.verify(token).catch(() => {});
  await manager.list('u2');
  await manager.list('u2', { max: 100 });
  const { nextCursor } = await manager.list('u1', { limit: 1 });
  await manager.list('u1', { limit: 1, cursor: nextCursor });
  const all = await manager.listAll({ limit: 1 });
  await manager.listAll({ limit: 1, cursor: all.nextCursor });
  await manager.get({ userId: 'u1', id: session.id });
  await manager.list('u1', { max: 100, data: false });
  await manager.update({ userId: 'u1', id: session.id, name: 'My laptop', data: {} });
  const renewed = await manager.reissue(others[0]!.token, {});
  await manager.issue({ userId: 'u2' }, { replaces: { token: renewed.token } });
  const kept = await manager.issue({ userId: 'u2' });
  await manager.revokeMany({ userId: 'u1', ids: [session.id, others[0]!.session.id, others[1]!.session.id] });
  await manager.revokeOthers({ userId: 'u2', currentId: kept.session.id });
  await manager.revokeAll('u1');
  await manager.revokeIssuedBefore({ time: new Date(clock() - 8 * day) });
  await manager.forgetUser('u1');
  clock.advance(8 * day);
  await manager.purgeExpired({ chunkSize: 200 });
  await manager.close();
}

async function fill({ dialect }: DatabaseTarget, { plain }: TestDatabase, milliseconds: number): Promise<void> {
  await plain.insertInto('sessions').values(rowsAt(milliseconds)).execute();
  // The other databases choose an index without statistics.
  if (dialect === 'mysql') await sql`analyze table sessions`.execute(plain);
}

function rowsAt(milliseconds: number) {
  // Every database takes this text as a time, or stores it as it is.
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

/** Asks a database for the plan of a query, line by line. */
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

/** How each database explains a query, and how a line of that shows a scan of the whole table. */
const explanations: Readonly<Record<DatabaseTarget['dialect'], readonly [Explain, RegExp]>> = {
  sqlite: [explainSqlite, /^SCAN/],
  postgres: [explainPostgres, /Seq Scan/],
  mysql: [explainMysql, /^(?:ALL|index) by/],
};

/** A table of a hundred million rows depends on this: every query of ours uses an index. */
export function testPlans(target: DatabaseTarget): void {
  const [explain, fullScan] = explanations[target.dialect];
  describeIf(target.available, `the query plans on ${target.name}`, target.howToEnable, () => {
    test('scan the whole table for no query of ours', async () => {
      await using database = await target.create();
      await useEverything(target, database);
      const asked = new Map(database.compiledQueries.map((query) => [query.sql, query]));
      // The usual state: many sessions, few of them expired. A table of its own: MariaDB counts deleted rows until it cleans up.
      await using usual = await target.create();
      await fill(target, usual, createTestClock()() + 30 * day);
      const ours = [...asked.values()].filter(
        ({ sql: text }) =>
          /^(?:select|update|delete|with|insert into \S*_history)\b.*\bsessions(?:_history)?\b/s.test(
            text.replaceAll(/\/\*.*?\*\//g, ''),
          ) && !text.endsWith('where 1 = 0'),
      );
      // Look-up of one and of many, two lists, two pages, get, last-seen write, and each way of revoking and purging.
      expect(ours.length).toBeGreaterThanOrEqual(14);
      for (const query of ours) {
        const plan = await explain(usual.plain, query);
        expect({ query: query.sql, scans: plan.filter((line) => fullScan.test(line)) }).toEqual({
          query: query.sql,
          scans: [],
        });
      }
    });

    test('show a scan of the whole table for a query without an index', async () => {
      await using database = await target.create();
      await fill(target, database, createTestClock()());
      const query = database.plain.selectFrom('sessions').selectAll().where('ip', '=', '203.0.113.7').compile();
      expect(await explain(database.plain, query)).toContainEqual(expect.stringMatching(fullScan));
    });
  });
}

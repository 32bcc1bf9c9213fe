import { createSessionManager, isSessionError, migrateToLatest, type SessionManager } from '@trpc-sessions/core';
import { reuseStatements } from '@trpc-sessions/core/sqlite';
import SqliteDatabase from 'better-sqlite3';
import fc from 'fast-check';
import { Kysely, SqliteDialect } from 'kysely';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { secret } from '../support/app.ts';
import { createTestClock, second } from '../support/clock.ts';
import { propertyRuns } from '../support/optional.ts';

/** A row as the database has it. */
type StoredRow = Readonly<Record<string, unknown>>;

/** Opens one file three times: with a plain Kysely, a `Database`, and a Kysely that reuses statements. */
async function openFile() {
  const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-known-'));
  const open = (): SqliteDatabase.Database => new SqliteDatabase(join(folder, 'app.db'));
  const [plain, database, below] = [open(), open(), open()];
  plain.pragma('journal_mode = wal');
  plain.pragma('synchronous = off');
  const plainDb = new Kysely<object>({ dialect: new SqliteDialect({ database: plain }) });
  await migrateToLatest(plainDb);
  onTestFinished(async () => {
    for (const each of [plain, database, below]) each.close();
    await rm(folder, { recursive: true });
  });
  const belowDb = new Kysely<object>({ dialect: new SqliteDialect({ database: reuseStatements(below) }) });
  return { plain, plainDb, database, belowDb };
}

/** What a manager answers to a token. It does not count as use, so that the managers see the same row. */
async function answerOf(manager: SessionManager, token: string): Promise<unknown> {
  try {
    const { session } = await manager.verify(token, undefined, { lastSeen: false });
    return { ...session, data: undefined };
  } catch (error) {
    return isSessionError(error) ? error.reason : error;
  }
}

test('whatever happens to rows and to their table, a known row is answered for as one that is read as a whole', async () => {
  const { plain, plainDb, database, belowDb } = await openFile();
  const clock = createTestClock();
  const options = { keys: secret, clock, idleTimeout: '1h', touchInterval: '5m', lifetime: '1d' } as const;
  // With the app's data, it reads the whole row each time.
  const oracle = createSessionManager({ ...options, db: plainDb, lookUpData: true });

  const which = fc.nat(1);
  const happens = <const TName extends string>(...names: readonly TName[]) =>
    fc.record({ do: fc.constantFrom(...names), which, seconds: fc.nat(2400) });
  const step = fc.oneof(
    { weight: 8, arbitrary: happens('verify') },
    { weight: 2, arbitrary: happens('issue', 'advance', 'use', 'rename', 'reissue', 'change data') },
    { weight: 6, arbitrary: happens('delete', 'restore', 'give away', 'shorten', 'set back') },
    { weight: 1, arbitrary: happens('revoke all', 'vacuum', 'analyze', 'add column', 'replace table') },
  );

  const row = plain.prepare<[string], StoredRow>('select * from sessions where id = ?');
  const columns = row.columns().map(({ name }) => name);
  const write = plain.prepare(
    `insert or replace into sessions (${columns.join()}) values (${columns.map((name) => `@${name}`).join()})`,
  );
  const schema = plain.prepare("select sql from sqlite_schema where tbl_name = 'sessions' and sql is not null").pluck();

  let added = 0;

  async function run(
    steps: readonly { readonly do: string; readonly which: number; readonly seconds: number }[],
  ): Promise<void> {
    plain.exec('delete from sessions');
    // Known rows of their own in each run.
    const managers = [plainDb, database, belowDb].map((db) => createSessionManager({ ...options, db }));
    const issued: { token: string; id: string; userId: string; readonly first: StoredRow }[] = [];
    const begin = ['issue', 'issue'].map((name) => ({ do: name, which: 0, seconds: 0 }));
    for (const { do: name, which: index, seconds } of [...begin, ...steps]) {
      // Two writes of last seen in one millisecond look the same.
      clock.advance(1);
      if (name === 'issue') {
        const { token, session } = await oracle.issue({ userId: `u${issued.length % 2}` });
        issued.push({ token, id: session.id, userId: session.userId, first: row.get(session.id)! });
        continue;
      }
      const known = issued.at(-1 - index)!;
      const { token, id, userId, first } = known;
      const set = (column: string, value: unknown) =>
        plain.prepare(`update sessions set ${column} = ? where id = ?`).run(value, id);
      switch (name) {
        case 'verify': {
          const expected = await answerOf(oracle, token);
          for (const manager of managers) expect(await answerOf(manager, token)).toEqual(expected);
          break;
        }
        case 'advance':
          clock.advance(seconds * second);
          break;
        case 'use':
          await oracle.verify(token, { ip: `192.0.2.${index}`, userAgent: `agent ${seconds}` }).catch(() => {});
          await oracle.flush();
          break;
        case 'rename':
          await oracle.update({ userId, id, name: `name ${seconds}` });
          break;
        case 'change data':
          await oracle.update({ userId, id, data: { seconds } });
          break;
        case 'reissue': {
          const grace = seconds % 2 === 0 ? '0s' : '1m';
          const reissued = await oracle.reissue(token, { claims: { seconds }, grace }).catch(() => undefined);
          // Every second time, the former token goes on.
          if (reissued !== undefined && seconds % 4 < 2) known.token = reissued.token;
          break;
        }
        case 'delete':
          plain.prepare('delete from sessions where id = ?').run(id);
          break;
        case 'restore':
          write.run(first);
          break;
        case 'give away':
          set('user_id', userId === 'u0' ? 'u1' : 'u0');
          break;
        case 'shorten':
          set('expires_at', clock() + seconds * second);
          break;
        case 'set back':
          set('last_seen_at', clock() - 3600 * second + (seconds - 1200) * second);
          break;
        case 'revoke all':
          await oracle.revokeAll(userId);
          break;
        case 'add column':
          // As a newer release does, while this one runs.
          if (added < 9) plain.exec(`alter table sessions add column added_${(added += 1)} text`);
          break;
        case 'replace table': {
          const texts = schema.all() as string[];
          plain.exec(`create temp table kept as select * from sessions; drop table sessions; ${texts.join(';')};`);
          plain.exec('insert into sessions select * from kept; drop table kept');
          break;
        }
        default:
          plain.exec(name);
      }
    }
  }

  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 40, size: 'max' }), (steps) => run(steps)),
    { numRuns: propertyRuns(60) },
  );
});

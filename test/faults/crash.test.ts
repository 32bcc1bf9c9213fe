import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  createSessionManager,
  migrateToLatest,
  type IssuedSession,
  type Session,
  type SessionsDatabase,
} from '@trpc-sessions/core';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { expect, test } from 'vitest';
import { refused } from '../conformance/sessions.ts';
import { secret } from '../support/app.ts';
import { minute, second } from '../support/clock.ts';

const program = new URL('crashing-app.ts', import.meta.url).pathname;

/** Acknowledged by the app when it was killed. The sessions are as in JSON. */
interface Acknowledged {
  readonly issued: IssuedSession[];
  readonly ending: Set<string>;
  readonly ended: Set<string>;
  seen: number;
}

/** Starts the app, and kills it in the middle of its work after some turns. */
async function crash(file: string, turns: number): Promise<Acknowledged> {
  const app = spawn(process.execPath, ['--conditions=@trpc-sessions/source', program, file, secret], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acknowledged: Acknowledged = { issued: [], ending: new Set(), ended: new Set(), seen: 0 };
  for await (const line of createInterface({ input: app.stdout })) {
    const report: { issued?: IssuedSession; ending?: string; ended?: string; turn?: number; seen?: number } =
      JSON.parse(line);
    if (report.issued !== undefined) acknowledged.issued.push(report.issued);
    if (report.ending !== undefined) acknowledged.ending.add(report.ending);
    if (report.ended !== undefined) acknowledged.ended.add(report.ended);
    if (report.seen !== undefined) acknowledged.seen = report.seen;
    if (report.turn === turns) app.kill('SIGKILL');
  }
  return acknowledged;
}

const asJson = (value: unknown) => JSON.parse(JSON.stringify(value));

test('a process that is killed loses its latest last-seen writes, and nothing that it has acknowledged', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-crash-'));
  const file = join(folder, 'app.db');
  const open = () => {
    const database = new SqliteDatabase(file);
    database.pragma('journal_mode = WAL');
    return { database, db: new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database }) }) };
  };
  const before = open();
  await migrateToLatest(before.db);
  await before.db.destroy();

  const { issued, ending, ended, seen } = await crash(file, 40);

  const { database, db } = open();
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
  const manager = createSessionManager({ db, keys: secret, clock: () => seen });
  expect(ended.size).toBeGreaterThanOrEqual(13);
  const [used] = await manager.list('used');
  for (const { token, session } of issued) {
    const { id, userId } = session;
    // A session whose revocation was not acknowledged may be live or not.
    if (ending.has(id) && !ended.has(id)) continue;
    const found: Session | null = asJson(await manager.get({ userId, id }));
    if (ended.has(id)) {
      expect(found).toBeNull();
      await refused(manager.verify(token), 'revoked_session');
    } else {
      expect(found).toEqual(userId === 'used' ? { ...session, lastSeenAt: expect.any(String) } : session);
      await manager.verify(token);
    }
  }
  const lastSeenAt = new Date(used!.lastSeenAt).getTime();
  // The last write that was due has been made; one of the last turn may be missing.
  expect(lastSeenAt).toBeGreaterThan(seen - 2 * minute - 20 * second);
  expect(lastSeenAt).toBeLessThanOrEqual(seen);
  await db.destroy();
  await rm(folder, { recursive: true });
});

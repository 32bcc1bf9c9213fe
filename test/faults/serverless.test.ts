import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSessionManager, migrateToLatest, type SessionsDatabase } from '@trpc-sessions/core';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { expect, test } from 'vitest';
import { secret } from '../support/app.ts';
import { minute } from '../support/clock.ts';
import { describeSlow } from '../support/optional.ts';

const program = new URL('serverless-app.ts', import.meta.url).pathname;

/** Sends one request to a new process, and kills it at its response. */
async function request(...args: readonly string[]): Promise<string> {
  const app = spawn(process.execPath, ['--conditions=@trpc-sessions/source', program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let answer = '';
  for await (const chunk of app.stdout) {
    answer += String(chunk);
    if (answer.endsWith('\n')) app.kill('SIGKILL');
  }
  return answer.trim();
}

const accepted = ['accepted', 'accepted'];

describeSlow('last-seen writes of a serverless app', () => {
  test.each([
    ['that writes inline, an active user does not go idle', 'inline', accepted],
    ['that awaits the promises of waitUntil, an active user does not go idle', 'waitUntil', accepted],
    ['that awaits flush, an active user does not go idle', 'flush', accepted],
    ['that awaits none of these, an active user goes idle', 'none', ['accepted', 'idle_session']],
  ])('with a process that is killed after each response and %s', async (_, mode, expected) => {
    const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-serverless-'));
    const file = join(folder, 'app.db');
    const start = Date.now();
    const db = new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database: new SqliteDatabase(file) }) });
    await migrateToLatest(db);
    const { token } = await createSessionManager({ db, keys: secret, clock: () => start }).issue({ userId: 'ada' });
    await db.destroy();
    const answers: string[] = [];
    // The idle timeout is 30 minutes: the first request must have been written when the second one comes.
    for (const minutes of [20, 40])
      answers.push(await request(file, secret, token, String(start + minutes * minute), mode));
    expect(answers).toEqual(expected);
    await rm(folder, { recursive: true });
  });
});

import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSessionManager, type SessionsDatabase } from '@trpc-sessions/core';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';

// An app that crash.test.ts starts and kills: it signs in and revokes sessions without end, and reports each of them once
// it is acknowledged. Its clock moves on by ten seconds a turn.

const [file = '', keys = ''] = process.argv.slice(2);
const touchInterval = 120_000;
const database = new SqliteDatabase(file);
database.pragma('synchronous = NORMAL');
const db = new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database }) });
let now = Date.now();
const manager = createSessionManager({ db, keys, touchInterval: `${touchInterval}ms`, clock: () => now });

/** Writes a line at once: a stream would buffer some, which a kill would lose. */
const report = (line: object): number => writeSync(1, `${JSON.stringify(line)}\n`);

const used = await manager.issue({ userId: 'used', caller: { ip: '203.0.113.7', userAgent: 'curl/8.5.0' } });
report({ issued: used });

/** Waits until last-seen, which is written in the background, is no further behind than the interval. */
async function lastSeenIsWritten(): Promise<void> {
  for (;;) {
    const [session] = await manager.list('used');
    if (session !== undefined && now - session.lastSeenAt.getTime() <= touchInterval) return;
    await sleep(1);
  }
}

for (let turn = 1; ; turn += 1) {
  now += 10_000;
  const issued = await manager.issue({ userId: `u${turn}` });
  report({ issued });
  if (turn % 3 === 0) {
    const { userId, id } = issued.session;
    report({ ending: id });
    await manager.revoke({ userId, id });
    report({ ended: id });
  }
  await manager.verify(used.token);
  report({ turn, seen: now });
  await lastSeenIsWritten();
}

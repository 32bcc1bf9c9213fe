import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSessionManager, type SessionsDatabase } from '@trpc-sessions/core';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';

/*
 * An app that crash.test.ts starts, and kills: it signs in and ends sessions without an end, and says what has been
 * acknowledged. In its time ten seconds pass in a turn.
 */

const [file = '', keys = ''] = process.argv.slice(2);
const database = new SqliteDatabase(file);
database.pragma('synchronous = NORMAL');
const db = new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database }) });
let now = Date.now();
const manager = createSessionManager({ db, keys, touchInterval: '2m', clock: () => now });

/** A line at once: a stream would keep some, which the end would take along. */
const say = (said: object): number => writeSync(1, `${JSON.stringify(said)}\n`);

const used = await manager.issue({ userId: 'used', caller: { ip: '203.0.113.7', userAgent: 'curl/8.5.0' } });
say({ issued: used });
for (let turn = 1; ; turn += 1) {
  now += 10_000;
  const issued = await manager.issue({ userId: `u${turn}` });
  say({ issued });
  if (turn % 3 === 0) {
    const { userId, id } = issued.session;
    say({ ending: id });
    await manager.revoke({ userId, id });
    say({ ended: id });
  }
  await manager.verify(used.token);
  say({ turn, seen: now });
  await sleep(25);
}

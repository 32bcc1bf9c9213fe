import { createHmac } from 'node:crypto';
import { createSessionManager } from '@trpc-sessions/core';
import { columns, secret } from './floor.ts';
import type { Candidate } from './measure.ts';
import { createBetterAuth } from './peers/better-auth.ts';
import type { BenchFile } from './sqlite.ts';
import { caller } from './tokens.ts';

/** How many sessions a user has. */
const count = 10;

/** Groups of ways to list, begin and end sessions on SQLite. The first of each is its floor. */
export async function management(bench: BenchFile): Promise<Record<string, Candidate[]>> {
  const { own, raw } = bench;
  const manager = createSessionManager({ db: own, keys: secret, maxSessionsPerUser: Infinity });
  const capped = createSessionManager({ db: own, keys: secret, maxSessionsPerUser: 10 });
  const betterAuth = await createBetterAuth(bench, false);
  const insert = raw.prepare(`insert into sessions (id, ${columns}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  let made = 0;
  const insertOne = (userId: string): string => {
    const id = `bench${(made += 1)}`;
    const now = Date.now();
    insert.run(id, userId, caller.ip, caller.ip, caller.userAgent, '{}', now, now, now + 86_400_000);
    return id;
  };

  const list = raw.prepare(
    `select id, ${columns} from sessions where user_id = ? and expires_at > ? order by last_seen_at desc`,
  );
  for (let n = 0; n < count; n += 1) await manager.issue({ userId: 'lister', caller });

  const deleteOthers = raw.prepare('delete from sessions where user_id = ? and id <> ?');
  const kept = insertOne('ender');
  const { session: current } = await manager.issue({ userId: 'revoker', caller });
  // In one transaction for every candidate: only the ending is compared.
  const insertOthers = raw.transaction((userId: string) => {
    for (let n = 1; n < count; n += 1) insertOne(userId);
  });

  return {
    'list of 10': [
      { name: 'floor: prepared SELECT', run: () => Promise.resolve(list.all('lister', Date.now())) },
      { name: 'trpc-sessions list', run: () => manager.list('lister') },
      // Its user has signed in as often as it has samples: twenty.
      { ...betterAuth.list, name: `${betterAuth.list.name} (of 20)` },
    ],
    issue: [
      {
        name: 'floor: createHmac, prepared INSERT',
        run() {
          createHmac('sha256', secret).update(caller.userAgent).digest('base64url');
          return Promise.resolve(insertOne('issuer'));
        },
      },
      { name: 'trpc-sessions issue, no cap', run: () => manager.issue({ userId: 'issuer', caller }) },
      { name: 'trpc-sessions issue, a cap of 10 that evicts', run: () => capped.issue({ userId: 'capped', caller }) },
    ],
    'nine others written, and ended': [
      {
        name: 'floor: prepared DELETE',
        run() {
          insertOthers('ender');
          return Promise.resolve(deleteOthers.run('ender', kept));
        },
      },
      {
        name: 'trpc-sessions revokeOthers',
        run() {
          insertOthers('revoker');
          return manager.revokeOthers({ userId: 'revoker', currentId: current.id });
        },
      },
      betterAuth.revokeOthers(count - 1),
    ],
  };
}

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createSessionManager, migrateToLatest } from '@trpc-sessions/core';
import SqliteDatabase from 'better-sqlite3';
import { Redis } from 'ioredis';
import { redisProgram, startRedis } from '../support/database-servers.ts';

// Measures how long messages over a real Redis take to real subscribers, and how many are lost.

export const secret = 'a secret of more than thirty-two bytes, for measuring';

/** When a revocation was done, by the id of its session. */
type SentAt = readonly (readonly [id: string, at: number])[];

/** A message to a process of nodes. */
export type ToNode =
  | { readonly do: 'revoke'; readonly ids: readonly string[] }
  | { readonly do: 'report'; readonly sentAt: SentAt }
  | { readonly do: 'close' };

/** Its answer. */
export type FromNode = { readonly ready: true } | { readonly sentAt: SentAt } | { readonly delays: readonly number[] };

async function askNode<TAnswer extends FromNode>(node: ChildProcess, message: ToNode): Promise<TAnswer> {
  node.send(message);
  const [answer] = (await once(node, 'message')) as [TAnswer];
  return answer;
}

/** Redis's own count of published messages, and its CPU time in seconds. */
async function readRedis(redis: Redis): Promise<{ readonly published: number; readonly cpu: number }> {
  const [stats, cpu] = [await redis.info('commandstats'), await redis.info('cpu')];
  return {
    published: Number(/cmdstat_publish:calls=(\d+)/.exec(stats)?.[1] ?? 0),
    cpu: Number(/used_cpu_user:([\d.]+)/.exec(cpu)?.[1]) + Number(/used_cpu_sys:([\d.]+)/.exec(cpu)?.[1]),
  };
}

/**
 * Returns how long Redis's one thread works on a message about one session, in milliseconds. Nodes ignore the table that these
 * messages name.
 */
async function costOfOne(redis: Redis): Promise<number> {
  const id = 'a'.repeat(32);
  const message = JSON.stringify({
    from: crypto.randomUUID(),
    scope: 'elsewhere',
    ended: { userId: 'ada', ids: [id] },
  });
  const count = 2000;
  const before = await readRedis(redis);
  for (let n = 0; n < count; n += 1) await redis.publish('trpc-sessions', message);
  const after = await readRedis(redis);
  return ((after.cpu - before.cpu) * 1000) / count;
}

const quantile = (sorted: readonly number[], q: number): string =>
  `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN).toFixed(1)} ms`;

/** Waits until each node has each message, or until no more have arrived for a while. Returns the delays, the shortest first. */
async function untilAllHaveArrived(nodes: readonly ChildProcess[], sentAt: SentAt, all: number): Promise<number[]> {
  for (let known = -1; ; await sleep(10_000)) {
    const reports = await Promise.all(
      nodes.map((node) => askNode<{ readonly delays: readonly number[] }>(node, { do: 'report', sentAt })),
    );
    const delays = reports.flatMap(({ delays: own }) => own).toSorted((a, b) => a - b);
    if (delays.length === all || delays.length === known) return delays;
    known = delays.length;
  }
}

/** @param subscribers - all nodes but the one that revokes, spread over three processes */
async function measure(subscribers: number, endings: number): Promise<string> {
  await using server = await startRedis();
  const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-redis-'));
  const file = join(folder, 'app.db');
  const database = new SqliteDatabase(file);
  await migrateToLatest(database);
  const issuer = createSessionManager({ db: database, keys: secret, maxSessionsPerUser: Infinity });
  const ids: string[] = [];
  for (let n = 0; n < endings; n += 1) ids.push((await issuer.issue({ userId: 'ada' })).session.id);
  const start = async (count: number): Promise<ChildProcess> => {
    const node = fork(new URL('redis-node.ts', import.meta.url), [server.url, file, String(count)]);
    await once(node, 'message');
    return node;
  };
  const [revoker, ...others] = await Promise.all([
    start(1),
    ...Array.from({ length: 3 }, (_, n) => start(Math.ceil((subscribers - n) / 3))),
  ]);
  const redis = new Redis(server.url);
  const single = await costOfOne(redis);
  const before = await readRedis(redis);
  const { sentAt } = await askNode<{ readonly sentAt: SentAt }>(revoker, { do: 'revoke', ids });
  const delays = await untilAllHaveArrived(others, sentAt, subscribers * endings);
  const after = await readRedis(redis);
  for (const node of [revoker, ...others]) {
    node.send({ do: 'close' });
    await once(node, 'exit');
  }
  redis.disconnect();
  await issuer.close();
  database.close();
  await rm(folder, { recursive: true });
  const published = after.published - before.published;
  const cells = [
    subscribers,
    endings,
    published,
    `${single.toFixed(2)} ms`,
    ...[0.5, 0.99, 1].map((q) => quantile(delays, q)),
    subscribers * endings - delays.length,
  ];
  return `| ${cells.join(' | ')} |`;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { endings: { type: 'string', default: '10000' }, nodes: { type: 'string', default: '3,100' } },
  });
  if (redisProgram() === undefined) console.log('Redis: skipped, install redis-server to measure it');
  else {
    console.log('| subscribers | revoked at once | messages | CPU of Redis for one | p50 | p99 | longest | lost |');
    console.log('| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
    for (const subscribers of values.nodes.split(',')) {
      console.log(await measure(Number(subscribers), Number(values.endings)));
    }
  }
}

import { createSessionManager } from '@trpc-sessions/core';
import { secret } from './floor.ts';
import { measure, quantile } from './measure.ts';
import { createFile } from './sqlite.ts';
import { anew, createSamples, cycle } from './tokens.ts';

/** What a table of this size costs, in microseconds. */
export interface Growth {
  readonly rows: number;
  readonly lookup: number;
  readonly list: number;
  readonly revoke: number;
  /** For each row that is deleted. */
  readonly purge: number;
  /** The 99th percentile of look-ups that come a thousand times a second, in milliseconds, while it purges. */
  readonly lookupWhilePurging: number;
}

/** How long look-ups are watched while purging, in milliseconds. */
const watched = 20_000;

export async function growth(rows: number, rounds: number): Promise<Growth> {
  await using file = await createFile(rows);
  const manager = createSessionManager({ db: file.db, keys: secret });
  const samples = await createSamples(manager, 2000);
  const next = cycle(samples);
  const users = cycle(Array.from({ length: 1000 }, (_, n) => `user${n * Math.max(1, Math.floor(rows / 10_000))}`));
  const one = async (run: () => Promise<unknown>): Promise<number> =>
    (await measure([{ name: '', run }], { rounds }))[0]!.median;
  const lookup = await one(() => manager.verify(anew(next().token)));
  const list = await one(() => manager.list(users()));
  const revoke = await one(() => manager.revoke({ userId: users(), id: next().id }));

  const start = performance.now();
  const latencies: number[] = [];
  const purging = manager.purgeExpired();
  let due = performance.now();
  while (performance.now() - start < watched) {
    due += 1;
    while (performance.now() < due) await new Promise((resolve) => setImmediate(resolve));
    await manager.verify(anew(next().token));
    latencies.push(performance.now() - due);
  }
  await manager.close();
  await purging;

  const alone = createSessionManager({ db: file.db, keys: secret });
  const begun = performance.now();
  const purged = await alone.purgeExpired();
  const purge = purged === 0 ? Number.NaN : ((performance.now() - begun) * 1000) / purged;
  return { rows, lookup, list, revoke, purge, lookupWhilePurging: quantile(latencies, 0.99) };
}

import { createSessionManager } from '@trpc-sessions/core';
import { secret } from './floor.ts';
import { measure, quantile, type Candidate } from './measure.ts';
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
  /** Look-ups that come ten thousand times a second while it purges: how late their answers are, in milliseconds. */
  readonly whilePurging: { readonly p99: number; readonly p999: number; readonly max: number; readonly purged: number };
}

/** How long look-ups are apart while purging, in milliseconds. */
const apart = 0.1;

/** @param watched - how long look-ups are watched while purging, in milliseconds */
export async function growth(rows: number, rounds: number, watched = 20_000): Promise<Growth> {
  await using file = await createFile(rows);
  const manager = createSessionManager({ db: file.db, keys: secret });
  const samples = await createSamples(manager, 2000);
  const next = cycle(samples);
  const users = cycle(Array.from({ length: 1000 }, (_, n) => `user${n * Math.max(1, Math.floor(rows / 10_000))}`));
  const one = async (candidate: Omit<Candidate, 'name'>): Promise<number> =>
    (await measure([{ name: '', ...candidate }], { rounds }))[0]!.median;
  const lookup = await one({ run: () => manager.verify(anew(next().token)) });
  const list = await one({ run: () => manager.list(users()) });
  const doomed: string[] = [];
  const revoke = await one({
    async prepare(count) {
      doomed.length = 0;
      for (let n = 0; n < count; n += 1) doomed.push((await manager.issue({ userId: 'doomed' })).session.id);
    },
    async run() {
      if (!(await manager.revoke({ userId: 'doomed', id: doomed.pop() ?? '' }))) throw new Error('nothing was ended');
    },
  });

  const start = performance.now();
  const latencies: number[] = [];
  let purgedMeanwhile = 0;
  const purging = manager.purgeExpired().then((count) => (purgedMeanwhile = count));
  let due = performance.now();
  while (performance.now() - start < watched) {
    due += apart;
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
  const whilePurging = {
    p99: quantile(latencies, 0.99),
    p999: quantile(latencies, 0.999),
    max: quantile(latencies, 1),
    purged: purgedMeanwhile,
  };
  return { rows, lookup, list, revoke, purge, whilePurging };
}

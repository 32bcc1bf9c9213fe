import { createSessionManager } from '@trpc-sessions/core';
import { checkpointElsewhere } from './checkpointer.ts';
import { secret } from './floor.ts';
import { measure, quantile, type Candidate } from './measure.ts';
import { createFile, type BenchFile } from './sqlite.ts';
import { copyOf, createSamples, cycle, type Sample } from './tokens.ts';

/** The cost of each operation at this table size, in microseconds. */
export interface Growth {
  readonly rows: number;
  readonly lookup: number;
  readonly list: number;
  readonly revoke: number;
  /** For each row that is deleted. */
  readonly purge: number;
  /** Look-ups while it purges. */
  readonly whilePurging: Lateness;
  /** The same, where another thread writes SQLite's log back. */
  readonly withCheckpointsElsewhere: Lateness;
}

/** How late the answers are to look-ups that come ten thousand times a second, in milliseconds. */
export interface Lateness {
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** How many rows were purged meanwhile. */
  readonly purged: number;
}

/** How long look-ups are apart while purging, in milliseconds. */
const apart = 0.1;

/** @param watched - how long look-ups are watched while purging, in milliseconds */
export async function growth(rows: number, rounds: number, watched = 20_000): Promise<Growth> {
  await using file = await createFile(rows);
  const manager = createSessionManager({ db: file.own, keys: secret, maxSessionsPerUser: Infinity });
  const samples = await createSamples(manager, 2000);
  const next = cycle(samples);
  const users = cycle(Array.from({ length: 1000 }, (_, n) => `user${n * Math.max(1, Math.floor(rows / 10_000))}`));
  const one = async (candidate: Omit<Candidate, 'name'>): Promise<number> =>
    (await measure([{ name: '', ...candidate }], { rounds }))[0]!.median;
  const lookup = await one({ run: () => manager.verify(copyOf(next().token)) });
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

  const whilePurging = await watchPurging(file, samples, watched);
  let withCheckpointsElsewhere: Lateness;
  {
    await using _ = checkpointElsewhere(file.own);
    withCheckpointsElsewhere = await watchPurging(file, samples, watched);
  }

  const alone = createSessionManager({ db: file.own, keys: secret });
  const begun = performance.now();
  const purged = await alone.purgeExpired();
  const purge = purged === 0 ? Number.NaN : ((performance.now() - begun) * 1000) / purged;
  return { rows, lookup, list, revoke, purge, whilePurging, withCheckpointsElsewhere };
}

async function watchPurging({ own: db }: BenchFile, samples: readonly Sample[], watched: number): Promise<Lateness> {
  const manager = createSessionManager({ db, keys: secret });
  const next = cycle(samples);
  let purged = 0;
  const purging = manager.purgeExpired().then((count) => (purged = count));
  const late: number[] = [];
  const start = performance.now();
  let due = start;
  while (performance.now() - start < watched) {
    due += apart;
    while (performance.now() < due) await new Promise((resolve) => setImmediate(resolve));
    await manager.verify(copyOf(next().token));
    late.push(performance.now() - due);
  }
  await manager.close();
  await purging;
  return { p99: quantile(late, 0.99), p999: quantile(late, 0.999), max: quantile(late, 1), purged };
}

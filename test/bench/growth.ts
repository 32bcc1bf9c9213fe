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

export async function growth(rows: number, rounds: number): Promise<Growth> {
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

  const whilePurging = await watchPurging(file, samples);
  let withCheckpointsElsewhere: Lateness;
  {
    expireMore(file);
    await using _ = checkpointElsewhere(file.own);
    withCheckpointsElsewhere = await watchPurging(file, samples);
  }

  expireMore(file);
  const alone = createSessionManager({ db: file.own, keys: secret });
  const begun = performance.now();
  const purged = await alone.purgeExpired();
  const purge = ((performance.now() - begun) * 1000) / purged;
  return { rows, lookup, list, revoke, purge, whilePurging, withCheckpointsElsewhere };
}

/** Lets another tenth of the first rows expire, spread over the table as before. */
function expireMore({ own }: BenchFile): void {
  const day = 86_400_000;
  own
    .prepare(
      `update sessions set expires_at = ? where rowid % 10 = (select min(rowid) % 10 from sessions) and user_id like 'user%'`,
    )
    .run(Date.now() - day);
  own.pragma('wal_checkpoint(truncate)');
}

/** How long look-ups are watched at most, in milliseconds: on a busy machine, purging takes much longer. */
const maxWatched = 300_000;

/** Watches look-ups until all expired rows are purged. */
async function watchPurging({ own: db }: BenchFile, samples: readonly Sample[]): Promise<Lateness> {
  const manager = createSessionManager({ db, keys: secret });
  const next = cycle(samples);
  const state = { isPurging: true };
  const purging = manager.purgeExpired().finally(() => (state.isPurging = false));
  const late: number[] = [];
  const start = performance.now();
  let due = start;
  while (state.isPurging && performance.now() - start < maxWatched) {
    due += apart;
    while (performance.now() < due) await new Promise((resolve) => setImmediate(resolve));
    await manager.verify(copyOf(next().token));
    late.push(performance.now() - due);
  }
  await manager.close();
  const purged = await purging;
  return { p99: quantile(late, 0.99), p999: quantile(late, 0.999), max: quantile(late, 1), purged };
}

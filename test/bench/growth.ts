import { createSessionManager, type SessionManager } from '@trpc-sessions/core';
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
  /** Look-ups without a purge: the machine alone makes them late. */
  readonly withoutPurging: Lateness;
  readonly whilePurging: Lateness;
}

/** How late the answers are to look-ups that come ten thousand times a second, in milliseconds. */
export interface Lateness {
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** How many rows were purged meanwhile. */
  readonly purged: number;
  /** How long it took, in seconds. */
  readonly seconds: number;
}

/** The time from one look-up to the next, in milliseconds. */
const apart = 0.1;
/** After how many look-ups the event loop turns at the latest. */
const turnEvery = 100;

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

  const withoutPurging = await watchLookups(manager, samples, new Promise((resolve) => setTimeout(resolve, 5000, 0)));
  const whilePurging = await watchPurging(file, samples);

  expireMore(file);
  const alone = createSessionManager({ db: file.own, keys: secret });
  const begun = performance.now();
  const purged = await alone.purgeExpired();
  const purge = ((performance.now() - begun) * 1000) / purged;
  return { rows, lookup, list, revoke, purge, withoutPurging, whilePurging };
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

/** How long a purge is watched at most, in milliseconds. It takes a minute or two, and longer on a busy machine. */
const maxWatched = 150_000;

/** Watches look-ups until all expired rows are purged, or until that time has passed. */
async function watchPurging({ own: db }: BenchFile, samples: readonly Sample[]): Promise<Lateness> {
  const manager = createSessionManager({ db, keys: secret });
  const timer = setTimeout(() => void manager.close(), maxWatched);
  const lateness = await watchLookups(manager, samples, manager.purgeExpired());
  clearTimeout(timer);
  return lateness;
}

/** @param purging - resolves with how many rows were purged */
async function watchLookups(
  manager: SessionManager,
  samples: readonly Sample[],
  purging: Promise<number>,
): Promise<Lateness> {
  const next = cycle(samples);
  const state = { isPurging: true };
  const purged = purging.finally(() => (state.isPurging = false));
  const late: number[] = [];
  const start = performance.now();
  let due = start;
  while (state.isPurging) {
    due += apart;
    while (performance.now() < due) await new Promise((resolve) => setImmediate(resolve));
    await manager.verify(copyOf(next().token));
    late.push(performance.now() - due);
    // The purge also needs a turn if the machine is too slow for so many look-ups.
    if (late.length % turnEvery === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const seconds = (performance.now() - start) / 1000;
  return {
    p99: quantile(late, 0.99),
    p999: quantile(late, 0.999),
    max: quantile(late, 1),
    purged: await purged,
    seconds,
  };
}

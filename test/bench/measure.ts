/** Something to time: one call of it is one operation. It resolves with a proof that it worked. */
export interface Candidate {
  readonly name: string;
  run(): Promise<unknown>;
  /** Creates the rows that the next operations use up. It is not timed. */
  prepare?(count: number): Promise<void>;
}

/** The time of a candidate, in microseconds an operation. */
export interface Timing {
  readonly name: string;
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
  /** The time on a processor, all threads of this process together: the median, in microseconds an operation. */
  readonly cpu: number;
  /** The time divided by the first candidate's, the floor's: the median of the ratios of the rounds. */
  readonly ratio: number;
  /** The same of the processor's time, which other work on the machine disturbs less. */
  readonly cpuRatio: number;
}

export interface MeasureOptions {
  /** How many rounds; in each, every candidate has a turn. */
  readonly rounds: number;
  /** How many operations are under way together. @defaultValue 1 */
  readonly inFlight?: number;
}

/** How long a turn is, in milliseconds: long enough for the clock, short enough that the machine is the same for all. */
const turn = 20;

/** How many operations of a candidate that takes `size` of them a turn come before those that are timed, until its code is compiled. */
const warmUp = (size: number): number => Math.min(15 * size, Math.max(3 * size, 1500));

/**
 * After how many operations the event loop turns. better-sqlite3's finalizers run then: a loop of `await` would never pay
 * for them, and a server does.
 */
const perMacrotask = 32;

/**
 * Times candidates in turns, shuffled in each round, so that other load on the machine affects all of them alike.
 * The first is the floor.
 */
export async function measure(
  candidates: readonly Candidate[],
  { rounds, inFlight = 1 }: MeasureOptions,
): Promise<Timing[]> {
  const sizes = new Map<Candidate, number>();
  for (const candidate of candidates) sizes.set(candidate, await calibrate(candidate, inFlight));
  const turns = new Map<Candidate, Turn[]>(candidates.map((candidate) => [candidate, []]));
  for (let round = 0; round < rounds; round += 1) {
    // A full collection also throws compiled code away: one a round, and each candidate runs until it is compiled again.
    await collectGarbage();
    for (const candidate of shuffled(candidates)) {
      const size = sizes.get(candidate) ?? 1;
      await time(candidate, warmUp(size), inFlight);
      turns.get(candidate)?.push(await time(candidate, size, inFlight));
    }
  }
  const floor = turns.get(candidates[0]!) ?? [];
  return candidates.map((candidate) => {
    const own = turns.get(candidate) ?? [];
    const times = own.map(({ wall }) => wall);
    return {
      name: candidate.name,
      median: quantile(times, 0.5),
      p10: quantile(times, 0.1),
      p90: quantile(times, 0.9),
      cpu: medianOf(own, ({ cpu }) => cpu),
      ratio: medianOf(own, ({ wall }, round) => wall / (floor[round]?.wall ?? Number.NaN)),
      cpuRatio: medianOf(own, ({ cpu }, round) => cpu / (floor[round]?.cpu ?? Number.NaN)),
    };
  });
}

function medianOf(turns: readonly Turn[], valueOf: (turn: Turn, round: number) => number): number {
  return quantile(turns.map(valueOf), 0.5);
}

/** Warms a candidate up. Returns how many operations fill a turn. */
async function calibrate(candidate: Candidate, inFlight: number): Promise<number> {
  let count = Math.max(4, inFlight);
  for (;;) {
    // The shorter of two: a pause of the machine must not make the turns tiny.
    const walls = [await time(candidate, count, inFlight), await time(candidate, count, inFlight)].map(
      ({ wall }) => wall,
    );
    const taken = Math.min(...walls) * count;
    if (taken >= turn * 1000 * 5 || count >= 1_000_000)
      return Math.max(inFlight, Math.round((count * turn * 1000) / taken));
    count *= 2;
  }
}

/** Microseconds an operation. */
interface Turn {
  readonly wall: number;
  readonly cpu: number;
}

async function time(candidate: Candidate, count: number, inFlight: number): Promise<Turn> {
  await candidate.prepare?.(count);
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  if (inFlight === 1) {
    for (let done = 1; done <= count; done += 1) {
      await candidate.run();
      if (done % perMacrotask === 0) await macrotask();
    }
  } else {
    let left = count;
    const worker = async (): Promise<void> => {
      while (left-- > 0) {
        await candidate.run();
        if (left % perMacrotask === 0) await macrotask();
      }
    };
    await Promise.all(Array.from({ length: inFlight }, worker));
  }
  const wall = ((performance.now() - start) * 1000) / count;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { wall, cpu: (user + system) / count };
}

function macrotask(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Collects all garbage, if Node runs with `--expose-gc`: finalizers run between the collections, and make some more. */
export async function collectGarbage(times = 1): Promise<void> {
  for (let n = 0; n < times; n += 1) {
    globalThis.gc?.();
    await macrotask();
  }
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

/** In an order of chance. */
export function shuffled<TItem>(items: readonly TItem[]): TItem[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

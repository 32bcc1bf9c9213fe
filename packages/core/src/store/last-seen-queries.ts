import type { CompiledQuery } from 'kysely';
import type { LastSeenWrite, Queries } from './queries.ts';

/** Sessions seen within the same second, in milliseconds, share a last-seen time. */
const sameTime = 1000;

/** Answers whether a write has more than the time. */
function isOfCaller({ ip, device }: LastSeenWrite): boolean {
  return ip !== null || device !== null;
}

/** One query for all sessions seen in the same second, and one for each whose address or device is new. */
export function lastSeenQueries(queries: Queries, writes: readonly LastSeenWrite[]): CompiledQuery[] {
  const seconds = Map.groupBy(
    writes.filter((write) => !isOfCaller(write)),
    ({ seenAt }) => Math.floor(seenAt / sameTime),
  );
  return [
    ...writes.filter(isOfCaller).map((write) => queries.writeLastSeen(write)),
    ...[...seconds.values()].map((together) => {
      const [first] = together;
      if (first !== undefined && together.length === 1) return queries.writeLastSeen(first);
      return queries.writeLastSeenOfMany(
        together.map(({ id }) => id),
        // The earliest time, and the latest threshold.
        {
          seenAt: Math.min(...together.map(({ seenAt }) => seenAt)),
          seenBefore: Math.max(...together.map(({ seenBefore }) => seenBefore)),
        },
      );
    }),
  ];
}

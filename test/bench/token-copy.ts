import type { Candidate, Timing } from './measure.ts';
import { copyOf, cycle, type Sample } from './tokens.ts';

/** The names of the rows that show the time of the copy. */
export const emptyName = 'an empty operation';
export const copyName = 'a copy of the token';

/**
 * Every candidate gets its token as a new string, as in a request, and makes it itself. That is not part of verifying: the
 * difference of these two is its time.
 */
export function copyCandidates(samples: readonly Sample[]): Candidate[] {
  const done = Promise.resolve('done');
  const [nextOfEmpty, nextOfCopy] = [cycle(samples), cycle(samples)];
  return [
    {
      name: emptyName,
      run() {
        nextOfEmpty();
        return done;
      },
    },
    {
      name: copyName,
      run() {
        copyOf(nextOfCopy().token);
        return done;
      },
    },
  ];
}

/** The time of a candidate on a processor, without the copy of its token. */
interface TimeWithoutCopy {
  /** In microseconds. */
  readonly cpu: number;
  /** To the time of the first candidate, without its copy. */
  readonly cpuRatio: number;
}

/** Takes the copy of the token off the time of a candidate. `undefined` if a row that it needs was not measured. */
export function withoutCopy(timings: readonly Timing[], name: string): TimeWithoutCopy | undefined {
  const [floor, candidate, empty, copy] = [timings[0]?.name, name, emptyName, copyName].map(
    (each) => timings.find((timing) => timing.name === each)?.cpu,
  );
  if (floor === undefined || candidate === undefined || empty === undefined || copy === undefined) return undefined;
  const cpu = candidate - (copy - empty);
  return { cpu, cpuRatio: cpu / (floor - (copy - empty)) };
}

import type { Timing } from './measure.ts';
import type { Report } from './report.ts';
import { withoutCopy } from './token-copy.ts';

/** A goal, and the figure of a run. */
interface Goal {
  readonly of: string;
  readonly goal: string;
  /** `undefined` if the run did not measure it. */
  readonly figure: (report: Report) => string | undefined;
  /** Where the rest goes. */
  readonly why: string;
}

const timingsOf = ({ groups }: Report, group: string): readonly Timing[] =>
  Object.entries(groups).find(([name]) => name.startsWith(group))?.[1] ?? [];

const ratioOf = (group: string, candidate: string, of: 'ratio' | 'cpuRatio') => (report: Report) =>
  timingsOf(report, group)
    .find(({ name }) => name === candidate)
    ?.[of].toFixed(2);

const readme = "trpc-sessions, the README's lines";
const plain = 'trpc-sessions, a plain Kysely';
const cached = 'trpc-sessions, cache and bus';
const [alone, together] = ['verify on SQLite, 100,000', 'verify on SQLite, 64 in flight'];

const goals: readonly Goal[] = [
  {
    of: "SQLite, the README's lines",
    goal: '0.65',
    figure: ratioOf(alone, readme, 'cpuRatio'),
    why: 'Three fifths are the `SELECT` itself, which reads 7 columns; the floor reads 8. A twentieth asks whether a transaction is open',
  },
  {
    of: "SQLite, the README's lines, 64 in flight",
    goal: '0.6',
    figure: ratioOf(together, readme, 'cpuRatio'),
    why: 'Three fifths are the `SELECT` itself: that many in flight change nothing',
  },
  {
    of: 'SQLite, a plain Kysely, 64 in flight',
    goal: '0.6',
    figure: ratioOf(together, plain, 'cpuRatio'),
    why: 'Two fifths are the one query for all look-ups, which is prepared each time. The rest is spread over the token, the row and the promises of each look-up',
  },
  {
    of: 'SQLite, a Kysely with `reuseStatements`',
    goal: '0.45',
    figure: ratioOf(alone, 'trpc-sessions, a Kysely with reuseStatements', 'cpuRatio'),
    why: 'Three fifths are the `SELECT` itself, which the floor has too. A twentieth asks whether a transaction is open',
  },
  {
    of: 'SQLite, cache and `data_version`',
    goal: '0.2',
    figure: ratioOf(alone, 'trpc-sessions, cache and data_version', 'cpuRatio'),
    why: 'Three fifths are `pragma data_version`. Most of that are two system calls, which lock and unlock the log. The rest is the cached request',
  },
  {
    of: 'SQLite, cache and bus, without the copy of the token',
    goal: '0.04, 0.6 µs',
    figure(report) {
      const time = withoutCopy(timingsOf(report, alone), cached);
      return time && `${time.cpuRatio.toFixed(2)}, ${time.cpu.toFixed(2)} µs`;
    },
    why: 'A quarter is for the dates of the session, which each request gets for itself. A seventh each is for the token, the checks of the row, and the loop of the bench',
  },
  {
    of: 'a cached call by `createCaller`, against an open one',
    goal: '2.6',
    figure: ratioOf('a query by createCaller', cached, 'cpuRatio'),
    why: 'A middleware that does nothing takes five sixths of the time: at each step, tRPC copies its options and the context',
  },
  {
    of: "CPU that a call over HTTP adds, the README's lines",
    goal: '70 µs',
    figure: ({ http }) =>
      http
        .find(({ name }) => name === readme)
        ?.added.toFixed(0)
        .concat(' µs'),
    why: 'The context, two middlewares of tRPC, and the `SELECT`',
  },
  {
    of: 'PostgreSQL, one at a time',
    goal: '0.95',
    figure: ratioOf('verify on PostgreSQL, one', readme, 'ratio'),
    why: 'The round trip. Most CPU time is the write to the socket, and a tenth is the way through Kysely',
  },
  {
    of: 'PostgreSQL, 64 in flight',
    goal: '0.12',
    figure: ratioOf('verify on PostgreSQL, 64', readme, 'ratio'),
    why: 'All wait for one query, while the floor works on ten connections. `pg` takes a third of the CPU time to write it and to read the rows. Promises and their collection take an eighth',
  },
  {
    of: 'a sign-in with a cap that evicts, against HMAC and `INSERT`',
    goal: '3',
    figure: ratioOf('issue', 'trpc-sessions issue, a cap of 10 that evicts', 'ratio'),
    why: 'Its SQL alone takes 2.5 to 4.8: it reads the other sessions, deletes one, records how that one ended, and so writes twice as many pages. A third is the commit, with its checkpoints. A tenth signs the token',
  },
  {
    of: 'memory of a cached session',
    goal: '800 bytes',
    figure: ({ memoryPerSession }) => (memoryPerSession === null ? undefined : `${memoryPerSession} bytes`),
    why: 'The token, its claims, the row, and their places in two maps',
  },
  {
    of: "look-ups' p99 while purging a million rows",
    goal: '5 ms',
    figure: ({ growth }) =>
      growth
        .find(({ rows }) => rows === 1_000_000)
        ?.whilePurging.p99.toFixed(1)
        .concat(' ms'),
    why: 'A look-up may have to wait for a chunk, whose commit sometimes waits for the disk. Another thread writes the log back',
  },
];

/** The goals with the figures of a run, as a table of Markdown. */
export function goalsTable(report: Report): string {
  const rows = goals.map(
    ({ of, goal, figure, why }) => `| ${of} | ${goal} | ${figure(report) ?? 'not measured'} | ${why} |`,
  );
  return ['| | Goal | Figure | Where the rest goes |', '| --- | ---: | ---: | --- |', ...rows].join('\n');
}

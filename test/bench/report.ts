import { cpus } from 'node:os';
import type { Growth, Lateness } from './growth.ts';
import type { HttpTiming } from './http.ts';
import type { Timing } from './measure.ts';

/** All that a run of the bench has measured. */
export interface Report {
  readonly date: string;
  readonly machine: string;
  readonly node: string;
  readonly groups: Record<string, readonly Timing[]>;
  /** An empty query over HTTP. */
  readonly http: readonly HttpTiming[];
  readonly growth: readonly Growth[];
  /** In bytes. */
  readonly memoryPerSession: number | null;
}

export function describeMachine(): string {
  const [first] = cpus();
  return `${cpus().length} × ${first?.model.trim() ?? 'unknown'}, ${process.platform}`;
}

/** One group as a table of Markdown. */
export function tableOf(name: string, timings: readonly Timing[]): string {
  const rows = timings.map(
    ({ name: candidate, median, p10, p90, ratio, cpu, cpuRatio }) =>
      `| ${candidate} | ${micro(median)} | ${micro(p10)} to ${micro(p90)} | ${ratioOf(ratio)} | ${micro(cpu)} | ${ratioOf(cpuRatio)} |`,
  );
  return [
    `### ${name}`,
    '',
    '| | microseconds | p10 to p90 | ratio | CPU | ratio of CPU |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n');
}

export function httpTable(timings: readonly HttpTiming[]): string {
  const rows = timings.map(({ name, cpu, added, perSecond, p99 }) => {
    const cells = [micro(cpu), added === 0 ? '—' : micro(added), perSecond.toFixed(0), `${p99.toFixed(1)} ms`];
    return `| ${[name, ...cells].join(' | ')} |`;
  });
  return [
    '### a query over HTTP, 32 connections kept alive',
    '',
    '| | CPU a request | added | requests a second | p99 |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n');
}

export function growthTable(growth: readonly Growth[]): string {
  const rows = growth.map(
    ({ rows: count, lookup, list, revoke, purge }) =>
      `| ${[count.toLocaleString('en'), ...[lookup, list, revoke, purge].map(micro)].join(' | ')} |`,
  );
  const late = growth.flatMap(({ rows: count, withoutPurging, whilePurging }) => [
    latenessOf(`${count.toLocaleString('en')}, no purge`, withoutPurging),
    latenessOf(count.toLocaleString('en'), whilePurging),
  ]);
  return [
    '### Growth, on SQLite',
    '',
    '| rows | look-up | list of 9 | revoke | purge, a row |',
    '| ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    '',
    '| look-ups while purging, of rows | p99 | p99.9 | longest | purged | seconds |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...late,
  ].join('\n');
}

function latenessOf(name: string, { p99, p999, max, purged, seconds }: Lateness): string {
  const times = [p99, p999, max].map((time) => `${time.toFixed(1)} ms`);
  return `| ${[name, ...times, purged.toLocaleString('en'), seconds.toFixed(0)].join(' | ')} |`;
}

function micro(value: number): string {
  // No row was left to measure.
  if (Number.isNaN(value)) return '—';
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}
const ratioOf = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(0));

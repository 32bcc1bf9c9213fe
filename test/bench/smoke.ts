import { describe, expect, inject, test } from 'vitest';
import { createMysqlDatabase, createPostgresDatabase } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';
import { growth } from './growth.ts';
import { management } from './management.ts';
import { overHttp } from './http.ts';
import { measure, type Candidate, type Timing } from './measure.ts';
import { fillPage } from './page.ts';
import { plot } from './plot.ts';
import { verifyOnMysql, verifyOnPostgres } from './servers.ts';
import { createFile } from './sqlite.ts';
import { copyName, emptyName, withoutCopy } from './token-copy.ts';
import { copyOf } from './tokens.ts';
import { trpc } from './trpc.ts';
import { verifyOnSqlite } from './verify.ts';

async function allWork(candidates: readonly Candidate[]): Promise<void> {
  for (const { name, run } of candidates)
    expect({ name, result: await run() }).toEqual({ name, result: expect.anything() });
}

/** Asserts no time, only that every candidate works. */
export function testBenchmarks(): void {
  test('the copy of a token is the same text', () => {
    const token = 'a.b.c';
    expect(copyOf(token)).toBe(token);
  });

  test('the copy is taken off both of a ratio', () => {
    const timingOf = (name: string, cpu: number): Timing => ({
      name,
      cpu,
      median: 0,
      p10: 0,
      p90: 0,
      ratio: 0,
      cpuRatio: 0,
    });
    const timings = [
      timingOf('floor', 10.5),
      timingOf('ours', 1.5),
      timingOf(emptyName, 0.25),
      timingOf(copyName, 0.75),
    ];
    expect(withoutCopy(timings, 'ours')).toEqual({ cpu: 1, cpuRatio: 0.1 });
    expect(withoutCopy(timings, 'another')).toBeUndefined();
  });

  describe('every candidate works on SQLite', () => {
    test('at verifying', async () => {
      await using file = await createFile(100);
      await allWork(await verifyOnSqlite(file, 3));
    });

    test('at managing', async () => {
      await using file = await createFile(100);
      for (const candidates of Object.values(await management(file))) await allWork(candidates);
    });

    test('in tRPC', async () => {
      await using file = await createFile(100);
      const { groups, close } = await trpc(file, 3);
      for (const [name, candidates] of Object.entries(groups)) {
        for (const { run } of candidates)
          expect({ name, result: String(await run()) }).toEqual({ name, result: expect.stringContaining('ok') });
      }
      close();
    });
  });

  test('every server answers over HTTP', async () => {
    await using file = await createFile(100);
    const execArgv = ['--conditions=@trpc-sessions/source'];
    for (const { name, perSecond } of await overHttp(file, { rounds: 1, turn: 50, execArgv })) {
      expect({ name, answers: perSecond > 0 }).toEqual({ name, answers: true });
    }
  });

  describeIf(
    inject('postgresUrl') !== null,
    'every candidate on PostgreSQL',
    'install postgresql, or set POSTGRES_URL',
    () => {
      test('verifies a token', async () => {
        const { url, dispose } = await createPostgresDatabase();
        const server = await verifyOnPostgres(url, 100, 3);
        await allWork(server.candidates);
        await server[Symbol.asyncDispose]();
        await dispose();
      });
    },
  );

  describeIf(
    inject('mysqlUrl') !== null,
    'every candidate on MariaDB',
    'install mariadb-server and set SLOW=1, or set MYSQL_URL',
    () => {
      test('verifies a token', async () => {
        const { url, dispose } = await createMysqlDatabase();
        const server = await verifyOnMysql(url, 100, 3);
        await allWork(server.candidates);
        await server[Symbol.asyncDispose]();
        await dispose();
      });
    },
  );

  test('the measured growth comes from work that succeeds', async () => {
    const { whilePurging, withoutPurging, lookup, list, revoke } = await growth(1000, 1);
    for (const time of [lookup, list, revoke]) expect(time).toBeGreaterThan(0);
    expect([whilePurging.purged, withoutPurging.purged]).toEqual([100, 0]);
    for (const { p99, max } of [whilePurging, withoutPurging]) expect(max).toBeGreaterThanOrEqual(p99);
  });

  test('each time is a ratio to the first candidate, and is in the plot', async () => {
    const spin = (name: string, loops: number): Candidate => ({
      name,
      run() {
        let sum = 0;
        for (let n = 0; n < loops; n += 1) sum += n;
        return Promise.resolve(sum);
      },
    });
    const timings = await measure([spin('floor', 1000), spin('trpc-sessions', 1000)], { rounds: 3 });
    expect(timings.map(({ name }) => name)).toEqual(['floor', 'trpc-sessions']);
    expect(timings[0]!.ratio).toBe(1);
    const groups = { 'verify on SQLite': timings };
    const report = { date: '', machine: '', node: '', groups, http: [], growth: [], memoryPerSession: null };
    expect(plot(report)).toContain('>trpc-sessions<');
    const page = '<!-- bench: verify on SQLite -->\nold\n<!-- /bench -->\n<!-- bench: http -->\nkept\n<!-- /bench -->';
    expect(fillPage(page, report)).toMatch(/\| floor \|[\s\S]*<!-- bench: http -->\nkept\n/);
    expect(fillPage(page, report)).not.toContain('old');
  });
}

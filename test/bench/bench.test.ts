import { describe, expect, inject, test } from 'vitest';
import { createMysqlDatabase, createPostgresDatabase } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';
import { growth } from './growth.ts';
import { management } from './management.ts';
import { measure, type Candidate } from './measure.ts';
import { plot } from './plot.ts';
import { verifyOnMysql, verifyOnPostgres } from './servers.ts';
import { createFile } from './sqlite.ts';
import { copyOf } from './tokens.ts';
import { trpc } from './trpc.ts';
import { verifyOnSqlite } from './verify.ts';

// No time is asserted, only that every candidate works.

test('the copy of a token is the same text', () => {
  const token = 'a.b.c';
  expect(copyOf(token)).toBe(token);
});

async function allWork(candidates: readonly Candidate[]): Promise<void> {
  for (const { name, run } of candidates)
    expect({ name, result: await run() }).toEqual({ name, result: expect.anything() });
}

describe('every candidate works', { timeout: 60_000 }, () => {
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

describeIf(inject('postgresUrl') !== null, 'on PostgreSQL', 'install postgresql, or set POSTGRES_URL', () => {
  test('every candidate works', { timeout: 60_000 }, async () => {
    const { url, dispose } = await createPostgresDatabase();
    const server = await verifyOnPostgres(url, 100, 3);
    await allWork(server.candidates);
    await server[Symbol.asyncDispose]();
    await dispose();
  });
});

describeIf(inject('mysqlUrl') !== null, 'on MariaDB', 'install mariadb-server, or set MYSQL_URL', () => {
  test('every candidate works', { timeout: 60_000 }, async () => {
    const { url, dispose } = await createMysqlDatabase();
    const server = await verifyOnMysql(url, 100, 3);
    await allWork(server.candidates);
    await server[Symbol.asyncDispose]();
    await dispose();
  });
});

test('growth is measured by work that is done', { timeout: 60_000 }, async () => {
  const { whilePurging, withCheckpointsElsewhere, lookup, list, revoke } = await growth(1000, 1, 200);
  for (const time of [lookup, list, revoke]) expect(time).toBeGreaterThan(0);
  expect(whilePurging.purged + withCheckpointsElsewhere.purged).toBe(100);
  for (const { p99, max } of [whilePurging, withCheckpointsElsewhere]) expect(max).toBeGreaterThanOrEqual(p99);
});

test('ratios are to the first candidate, and are plotted', async () => {
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
  const svg = plot({ date: '', machine: '', node: '', groups, growth: [], memoryPerSession: null });
  expect(svg).toContain('>trpc-sessions<');
});

import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { mariadbProgram, postgresPrograms, startMariadb, startPostgres } from '../support/database-servers.ts';
import { growth, type Growth } from './growth.ts';
import { management } from './management.ts';
import { overHttp, type HttpTiming } from './http.ts';
import { measure, type Candidate, type Timing } from './measure.ts';
import { memoryPerSession } from './memory.ts';
import { fillPage } from './page.ts';
import { plot } from './plot.ts';
import { describeMachine, growthTable, httpTable, tableOf, type Report } from './report.ts';
import { verifyOnMysql, verifyOnPostgres, type BenchServer } from './servers.ts';
import { createFile } from './sqlite.ts';
import { trpc } from './trpc.ts';
import { verifyOnSqlite } from './verify.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    big: { type: 'boolean', default: false },
    rows: { type: 'string', default: '100000' },
    rounds: { type: 'string' },
    only: { type: 'string' },
    json: { type: 'string' },
    plot: { type: 'string' },
    page: { type: 'string' },
  },
});
const rows = Number(values.rows);
const rounds = Number(values.rounds ?? (values.quick ? 5 : 21));
const sampleCount = 1000;
const groups: Record<string, readonly Timing[]> = {};
const isWanted = (part: string): boolean => values.only === undefined || values.only.split(',').includes(part);

async function measureGroup(name: string, candidates: readonly Candidate[], inFlight = 1): Promise<void> {
  const timings = await measure(candidates, { rounds, inFlight });
  groups[name] = timings;
  console.log(`\n${tableOf(name, timings)}`);
}

async function measureServer(name: string, server: BenchServer): Promise<void> {
  await using running = server;
  await measureGroup(`verify on ${name}, one at a time`, running.candidates);
  await measureGroup(`verify on ${name}, 64 in flight`, running.candidates, 64);
}

if (isWanted('sqlite')) {
  await using file = await createFile(rows);
  const candidates = await verifyOnSqlite(file, sampleCount);
  await measureGroup(`verify on SQLite, ${rows.toLocaleString('en')} sessions`, candidates);
  // The floor, and three databases of ours.
  await measureGroup('verify on SQLite, 64 in flight', candidates.slice(0, 4), 64);
}
if (isWanted('management')) {
  await using file = await createFile(rows);
  for (const [name, candidates] of Object.entries(await management(file))) await measureGroup(name, candidates);
}
if (isWanted('trpc')) {
  await using file = await createFile(rows);
  const { groups: ofTrpc, close } = await trpc(file, sampleCount);
  for (const [name, candidates] of Object.entries(ofTrpc)) await measureGroup(name, candidates);
  close();
}
let http: readonly HttpTiming[] = [];
if (isWanted('http')) {
  await using file = await createFile(rows);
  http = await overHttp(file, { rounds: values.quick ? 3 : 11, turn: 500 });
  console.log(`\n${httpTable(http)}`);
}
if (isWanted('postgres')) {
  if (postgresPrograms() === undefined) console.log('\nPostgreSQL: skipped, install postgresql to measure it');
  else {
    await using server = await startPostgres();
    await measureServer('PostgreSQL', await verifyOnPostgres(server.url, rows, sampleCount));
  }
}
if (isWanted('mysql')) {
  if (mariadbProgram() === undefined) console.log('\nMariaDB: skipped, install mariadb-server to measure it');
  else {
    await using server = await startMariadb();
    const connection = await createConnection(server.url);
    await connection.query('create database bench');
    await connection.end();
    await measureServer('MariaDB', await verifyOnMysql(`${server.url}/bench`, rows, sampleCount));
  }
}

const grown: Growth[] = [];
if (isWanted('growth')) {
  const sizes = values.quick ? [10_000] : [10_000, 1_000_000, ...(values.big ? [10_000_000] : [])];
  for (const size of sizes) grown.push(await growth(size, rounds));
  console.log(`\n${growthTable(grown)}`);
}

let bytes: number | null = null;
if (isWanted('memory')) {
  await using file = await createFile(0);
  bytes = await memoryPerSession(file, values.quick ? 10_000 : 100_000);
  console.log(`\nA cached session takes ${bytes} bytes, its verified token included.`);
}

const report: Report = {
  date: new Date().toISOString().slice(0, 10),
  machine: describeMachine(),
  node: process.version,
  groups,
  http,
  growth: grown,
  memoryPerSession: bytes,
};
console.log(`\n${report.date}, Node ${report.node}, ${report.machine}`);
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
if (values.plot !== undefined) await writeFile(values.plot, plot(report));
if (values.page !== undefined) await writeFile(values.page, fillPage(await readFile(values.page, 'utf8'), report));

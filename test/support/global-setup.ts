import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { shareBrowser } from './browser-server.ts';
import {
  mariadbProgram,
  postgresPrograms,
  redisProgram,
  startMariadb,
  startPostgres,
  startRedis,
  type DatabaseServer,
} from './database-servers.ts';
import { removeRun, runFolder } from './run.ts';
import { slowSuites } from './slow-suites.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /**
     * The address of a shared server; `null` if the machine has none. The user may create databases. MariaDB runs with the slow
     * suites.
     */
    postgresUrl: string | null;
    mysqlUrl: string | null;
    redisUrl: string | null;
    /** Answers with the address of the Chromium that all tests share. */
    browserUrl: string;
    /** The beginning of the name of each database that the tests create on a shared server. */
    databasePrefix: string;
  }
}

/** Starts the database servers that all tests share, or takes those that environment variables name. Chromium starts later. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // The first call creates the folder: it and its servers then last as long as this process.
  runFolder();
  const databasePrefix = `sessions_${process.pid.toString(36)}_${Date.now().toString(36)}_`;
  const cleanUps: (() => Promise<void>)[] = [];

  async function find(
    given: string | undefined,
    program: string | undefined,
    start: () => Promise<DatabaseServer>,
    dropDatabases?: (url: string, prefix: string) => Promise<void>,
  ): Promise<string | null> {
    if (given !== undefined && given !== '') {
      cleanUps.push(async () => dropDatabases?.(given, databasePrefix));
      return given;
    }
    return program === undefined ? null : (await start()).url;
  }

  const [postgresUrl, mysqlUrl, redisUrl] = await Promise.all([
    find(process.env['POSTGRES_URL'], postgresPrograms(), startPostgres, dropPostgresDatabases),
    find(
      process.env['MYSQL_URL'],
      slowSuites.available ? mariadbProgram() : undefined,
      startMariadb,
      dropMysqlDatabases,
    ),
    find(process.env['REDIS_URL'], redisProgram(), startRedis),
  ]);
  project.provide('postgresUrl', postgresUrl);
  project.provide('mysqlUrl', mysqlUrl);
  project.provide('redisUrl', redisUrl);
  project.provide('databasePrefix', databasePrefix);
  const browser = await shareBrowser();
  project.provide('browserUrl', browser.url);
  return async () => {
    await browser[Symbol.asyncDispose]();
    await Promise.all(cleanUps.map((cleanUp) => cleanUp()));
    removeRun();
  };
}

async function dropPostgresDatabases(url: string, prefix: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  const ours = 'select datname from pg_database where starts_with(datname, $1)';
  const { rows } = await client.query<{ datname: string }>(ours, [prefix]);
  for (const { datname } of rows) await client.query(`drop database if exists ${datname} with (force)`);
  await client.end();
}

async function dropMysqlDatabases(url: string, prefix: string): Promise<void> {
  const connection = await createConnection(url);
  const ours = 'select schema_name as name from information_schema.schemata where left(schema_name, length(?)) = ?';
  const [rows] = await connection.query(ours, [prefix, prefix]);
  for (const { name } of rows as { name: string }[]) await connection.query(`drop database if exists ${name}`);
  await connection.end();
}

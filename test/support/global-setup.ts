import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { createClient } from 'redis';
import type { TestProject } from 'vitest/node';
import {
  mariadbProgram,
  postgresPrograms,
  redisProgram,
  startMariadb,
  startPostgres,
  startRedis,
  type DatabaseServer,
} from './database-servers.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where a server is, `null` where the machine has none. The user may create databases. */
    postgresUrl: string | null;
    mysqlUrl: string | null;
    redisUrl: string | null;
  }
}

/** Starts the database servers that the suites share, each file in databases of its own; or takes those it is given. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started: DatabaseServer[] = [];
  const url = async (given: string | undefined, there: boolean, start: () => Promise<[DatabaseServer, string]>) => {
    if (given !== undefined && given !== '') return given;
    if (!there) return null;
    const [server, address] = await start();
    started.push(server);
    return address;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((server) => server[Symbol.asyncDispose]()));
  };
  const outcomes = await Promise.allSettled([
    url(process.env['POSTGRES_URL'], postgresPrograms() !== undefined, async () => {
      const server = await startPostgres((port) => pingPostgres(postgresAt(port)));
      return [server, postgresAt(server.port)];
    }),
    url(process.env['MYSQL_URL'], mariadbProgram() !== undefined, async () => {
      const server = await startMariadb((port) => pingMysql(mysqlAt(port)));
      return [server, mysqlAt(server.port)];
    }),
    url(process.env['REDIS_URL'], redisProgram() !== undefined, async () => {
      const server = await startRedis((port) => pingRedis(redisAt(port)));
      return [server, redisAt(server.port)];
    }),
  ]);
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined) {
    await stop();
    throw failure.reason;
  }
  const [postgresUrl = null, mysqlUrl = null, redisUrl = null] = outcomes.map((outcome) =>
    outcome.status === 'fulfilled' ? outcome.value : null,
  );
  project.provide('postgresUrl', postgresUrl);
  project.provide('mysqlUrl', mysqlUrl);
  project.provide('redisUrl', redisUrl);
  return stop;
}

export const postgresAt = (port: number): string => `postgres://postgres@127.0.0.1:${port}/postgres`;
export const mysqlAt = (port: number): string => `mysql://root@127.0.0.1:${port}`;
export const redisAt = (port: number): string => `redis://127.0.0.1:${port}`;

export async function pingPostgres(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.end();
}

export async function pingMysql(url: string): Promise<void> {
  const connection = await createConnection(url);
  await connection.end();
}

export async function pingRedis(url: string): Promise<void> {
  const client = createClient({ url, socket: { reconnectStrategy: false } });
  client.on('error', () => {});
  await client.connect();
  await client.close();
}

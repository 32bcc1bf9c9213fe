import { createSessionManager, migrateToLatest, type SessionManager, type SessionsDatabase } from '@trpc-sessions/core';
import { reuseStatements as reuseMysqlStatements } from '@trpc-sessions/core/mysql';
import { reuseStatements as reusePostgresStatements } from '@trpc-sessions/core/postgres';
import { createConnection } from 'mysql2/promise';
import { createPool } from 'mysql2';
import { Kysely, MysqlDialect, PostgresDialect, type Dialect } from 'kysely';
import pg from 'pg';
import { expect } from 'vitest';
import { createAppRouter, secret } from '../support/app.ts';
import {
  mariadbProgram,
  postgresAt,
  postgresPrograms,
  startMariadb,
  startPostgres,
  type DatabaseServer,
} from '../support/database-servers.ts';
import { eventually } from '../support/eventually.ts';
import { slow } from '../support/optional.ts';
import { httpAdapters, type RunningServer } from '../support/servers.ts';

/** How the app's pool of connections is limited. */
export interface PoolLimits {
  readonly size: number;
  /** The longest wait for a connection, in milliseconds. */
  readonly timeout: number;
  /** The longest wait for the answer to a query, in milliseconds. @defaultValue without limit */
  readonly queryTimeout?: number;
}

/** How to make one kind of database server fail. */
export interface FaultTarget {
  readonly name: string;
  readonly available: boolean;
  readonly howToEnable: string;
  start(): Promise<DatabaseServer>;
  /** Opens the app's database as a user without special rights. */
  open(port: number, limits: PoolLimits): Dialect;
  /** Connects as the administrator. The statements run one after the other on one connection. */
  administer(port: number): Promise<Administrator>;
  /** Makes the app's user and database. */
  readonly prepare: readonly string[];
  readonly lockAgainst: { readonly everything: readonly string[]; readonly writes: readonly string[] };
  readonly unlock: string;
  readonly oneConnectionOnly: string;
  readonly manyConnections: string;
  readonly readOnly: readonly string[];
  readonly writable: readonly string[];
  /** Ends all connections of the app, in the middle of their work. */
  cut(administrator: Administrator): Promise<void>;
  /** The number of the app's statements that wait for a lock. */
  countWaiting(administrator: Administrator): Promise<number>;
}

export interface Administrator extends AsyncDisposable {
  run(...statements: readonly string[]): Promise<readonly Record<string, unknown>[]>;
}

export const postgres: FaultTarget = {
  name: 'PostgreSQL',
  available: postgresPrograms() !== undefined,
  howToEnable: 'install postgresql',
  start: () => startPostgres(),
  open(port, { size, timeout, queryTimeout }) {
    const pool = new pg.Pool({
      connectionString: `postgres://app@127.0.0.1:${port}/app`,
      max: size,
      connectionTimeoutMillis: timeout,
      query_timeout: queryTimeout,
    });
    // Every app with `pg` needs this: otherwise an idle connection that breaks ends the process.
    pool.on('error', () => {});
    return new PostgresDialect({ pool: reusePostgresStatements(pool) });
  },
  async administer(port) {
    const client = new pg.Client(`postgres://postgres@127.0.0.1:${port}/app`);
    client.on('error', () => {});
    await client.connect();
    return createAdministrator(
      async (statement) => (await client.query<Record<string, unknown>>(statement)).rows,
      () => client.end(),
    );
  },
  prepare: ['create role app login', 'create database app owner app'],
  lockAgainst: {
    everything: ['begin', 'lock table sessions in access exclusive mode'],
    writes: ['begin', 'lock table sessions in share mode'],
  },
  unlock: 'rollback',
  oneConnectionOnly: 'alter role app connection limit 1',
  manyConnections: 'alter role app connection limit -1',
  readOnly: ['alter role app set default_transaction_read_only = on'],
  writable: ['alter role app reset default_transaction_read_only'],
  async cut({ run }) {
    await run(`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'`);
  },
  async countWaiting({ run }) {
    const locks = `select pid from pg_stat_activity where usename = 'app' and wait_event_type = 'Lock'`;
    return (await run(locks)).length;
  },
};

export const mariadb: FaultTarget = slow({
  name: 'MariaDB',
  available: mariadbProgram() !== undefined,
  howToEnable: 'install mariadb-server',
  start: () => startMariadb(),
  open(port, { size, timeout, queryTimeout }) {
    const uri = `mysql://app@127.0.0.1:${port}/app`;
    const pool = createPool({ uri, connectionLimit: size, connectTimeout: timeout });
    return new MysqlDialect({
      pool: reuseMysqlStatements(pool, queryTimeout === undefined ? {} : { queryTimeout: `${queryTimeout}ms` }),
    });
  },
  async administer(port) {
    const connection = await createConnection(`mysql://root@127.0.0.1:${port}`);
    connection.on('error', () => {});
    return createAdministrator(
      async (statement) => {
        const [rows] = await connection.query(statement);
        return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
      },
      () => connection.end(),
    );
  },
  prepare: ['create database app', `create user app@'127.0.0.1'`, `grant all on app.* to app@'127.0.0.1'`],
  lockAgainst: { everything: ['lock tables app.sessions write'], writes: ['lock tables app.sessions read'] },
  unlock: 'unlock tables',
  oneConnectionOnly: `alter user app@'127.0.0.1' with max_user_connections 1`,
  manyConnections: `alter user app@'127.0.0.1' with max_user_connections 0`,
  readOnly: ['set global read_only = 1'],
  writable: ['set global read_only = 0'],
  async cut({ run }) {
    for (const { id } of await run(`select id from information_schema.processlist where user = 'app'`)) {
      // It may have ended by itself.
      await run(`kill ${String(id)}`).catch(() => {});
    }
  },
  async countWaiting({ run }) {
    const locks = `
      select id from information_schema.processlist where user = 'app' and state like 'Waiting for table% lock'
    `;
    return (await run(locks)).length;
  },
});

function createAdministrator(
  ask: (statement: string) => Promise<readonly Record<string, unknown>[]>,
  end: () => Promise<void>,
): Administrator {
  return {
    async run(...statements) {
      let rows: readonly Record<string, unknown>[] = [];
      for (const statement of statements) rows = await ask(statement);
      return rows;
    },
    [Symbol.asyncDispose]: () => end().catch(() => {}),
  };
}

/** The answer to a request. */
export interface Answer {
  readonly status: number;
  readonly reason: string | undefined;
  readonly token: string | undefined;
}

/** An app that serves HTTP, on its own database server that a test can make fail. */
export interface FaultWorld extends AsyncDisposable {
  readonly server: DatabaseServer;
  readonly manager: SessionManager;
  /** Opens another connection of the administrator. */
  administer(): Promise<Administrator>;
  call(procedure: string, options?: { token?: string | undefined; input?: unknown }): Promise<Answer>;
  signIn(user?: string): Promise<string>;
}

/** @param reach - the port at which the app reaches the server, such as that of a proxy */
export async function createWorld(
  target: FaultTarget,
  limits: PoolLimits = { size: 5, timeout: 30_000 },
  options: Partial<Parameters<typeof createSessionManager<SessionsDatabase>>[0]> = {},
  reach: (port: number) => number | Promise<number> = (port) => port,
): Promise<FaultWorld> {
  const server = await target.start();
  try {
    await prepare(target, server.port);
    const db = new Kysely<SessionsDatabase>({ dialect: target.open(await reach(server.port), limits) });
    await migrateToLatest(db);
    const manager = createSessionManager({ db, keys: secret, ...options });
    const http = await startApp(manager);
    const call = caller(http);
    return {
      server,
      manager,
      call,
      administer: () => target.administer(server.port),
      async signIn(user = 'ada') {
        const { status, token } = await call('auth.login', { input: { username: user, password: 'right' } });
        expect(status).toBe(200);
        return token ?? '';
      },
      async [Symbol.asyncDispose]() {
        await http[Symbol.asyncDispose]();
        await manager.close();
        await db.destroy().catch(() => {});
        await server[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

async function prepare(target: FaultTarget, port: number): Promise<void> {
  if (target === postgres) {
    const client = new pg.Client(postgresAt(port));
    await client.connect();
    for (const statement of target.prepare) await client.query(statement);
    await client.end();
  } else {
    await using administrator = await target.administer(port);
    await administrator.run(...target.prepare);
  }
}

/** Serves the app with tRPC's standalone adapter. */
export function startApp(manager: SessionManager): Promise<RunningServer> {
  const standalone = httpAdapters.find(({ name }) => name === 'standalone');
  if (standalone === undefined) throw new Error('there is no standalone adapter');
  return standalone.start(createAppRouter(manager));
}

/** Calls procedures over HTTP. */
export function caller({ url }: RunningServer): FaultWorld['call'] {
  return async (procedure, { token, input } = {}) => {
    const response = await fetch(`${url}/${procedure}`, {
      headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      ...(input !== undefined && { method: 'POST', body: JSON.stringify({ json: input }) }),
    });
    const body = (await response.json()) as {
      result?: { data: { json?: { token?: string } } };
      error?: { json: { data: { session?: { reason: string } } } };
    };
    return {
      status: response.status,
      reason: body.error?.json.data.session?.reason,
      token: body.result?.data.json?.token,
    };
  };
}

/** A fault: the client keeps its token and may retry. */
export const fault = { status: 503, reason: undefined };
export const success = { status: 200 };
export const revoked = { status: 401, reason: 'revoked_session' };

/** Retries until the answer is a success. Until then each answer must be a fault. */
export async function recovers(ask: () => Promise<Answer>): Promise<void> {
  const other = await eventually(async () => {
    const answer = await ask();
    if (answer.status === fault.status) throw new Error('the service did not recover');
    return answer;
  });
  expect(other).toMatchObject(success);
}

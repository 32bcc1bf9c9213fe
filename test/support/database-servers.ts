import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdir, mkdtemp, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { createClient } from 'redis';
import { killWithChildren } from './kill-with-children.ts';
import { freePort } from './ports.ts';
import { processFileOf, runFolder } from './run.ts';

const run = promisify(execFile);

/** A database server for one test, which the test may stop, kill and limit. Another test may have used it before. */
export interface DatabaseServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** Ends it as a crash would: it flushes nothing, and closes no connection in order. */
  kill(): Promise<void>;
  stop(): Promise<void>;
  /** Starts it again, on the same port and with the same data. */
  start(): Promise<void>;
}

type Command = readonly [program: string, args: readonly string[]];

/** How a kind of server is set up and started. */
interface Recipe {
  readonly name: string;
  /** Writes an empty data folder. It takes seconds: so each server gets a copy of one. */
  initialize?(folder: string): Command;
  serve(folder: string, port: number): Command;
  urlAt(port: number): string;
  /** Rejects until the server takes connections. */
  ping(url: string): Promise<void>;
  /** Stops the server in good order and soon, whatever connections it has. */
  readonly stopSignal: NodeJS.Signals;
  /** Removes the traces of a test, so that another test can use the server. */
  reset?(url: string): Promise<void>;
}

/** Debian keeps PostgreSQL's programs off PATH, in a folder for each version. */
export function postgresPrograms(): string | undefined {
  const versions = '/usr/lib/postgresql';
  if (!existsSync(versions)) return undefined;
  const newest = readdirSync(versions).toSorted((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? undefined : join(versions, newest, 'bin');
}

export function mariadbProgram(): string | undefined {
  return ['/usr/sbin/mariadbd', '/usr/local/sbin/mariadbd'].find(existsSync);
}

export function redisProgram(): string | undefined {
  const folders = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'];
  return folders.flatMap((folder) => [join(folder, 'redis-server'), join(folder, 'valkey-server')]).find(existsSync);
}

export function pgbouncerProgram(): string | undefined {
  return ['/usr/sbin/pgbouncer', '/usr/local/bin/pgbouncer', '/opt/homebrew/bin/pgbouncer'].find(existsSync);
}

export const postgresAt = (port: number): string => `postgres://postgres@127.0.0.1:${port}/postgres`;
export const mysqlAt = (port: number): string => `mysql://root@127.0.0.1:${port}`;
export const redisAt = (port: number): string => `redis://127.0.0.1:${port}`;

/** @param settings - more of its command line, such as `['--cluster-enabled yes']` */
export function startRedis(settings: readonly string[] = []): Promise<DatabaseServer> {
  return takeServer({
    name: 'redis',
    serve: (folder, port) => [
      redisProgram() ?? 'redis-server',
      [`--port ${port}`, '--bind 127.0.0.1', `--dir ${folder}`, '--save ""', '--appendonly no', ...settings],
    ],
    urlAt: redisAt,
    async ping(url) {
      const client = createClient({ url, socket: { reconnectStrategy: false } });
      client.on('error', () => {});
      await client.connect();
      await client.close();
    },
    stopSignal: 'SIGTERM',
  });
}

export function startPostgres(): Promise<DatabaseServer> {
  const programs = postgresPrograms() ?? '';
  return takeServer({
    name: 'postgres',
    initialize: (folder) => [
      join(programs, 'initdb'),
      ['-D', folder, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '-N', '--wal-segsize=1'],
    ],
    serve: (folder, port) => [
      join(programs, 'postgres'),
      // No flushing (-F): the tests kill servers, not machines.
      ['-D', folder, '-p', `${port}`, '-h', '127.0.0.1', '-k', folder, '-F', '--max_connections=300'],
    ],
    urlAt: postgresAt,
    ping: pingPostgres,
    // SIGTERM would wait for its clients.
    stopSignal: 'SIGINT',
    reset: resetPostgres,
  });
}

async function pingPostgres(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.end();
}

/** Starts PgBouncer in transaction mode: a client has a connection of the PostgreSQL server for one transaction at a time. */
export function startPgbouncer(postgresUrl: string): Promise<DatabaseServer> {
  const { hostname, port: postgresPort, username } = new URL(postgresUrl);
  const settings = (port: number): string =>
    [
      '[databases]',
      `* = host=${hostname} port=${postgresPort || 5432} user=${username}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = any',
      'pool_mode = transaction',
      'ignore_startup_parameters = extra_float_digits',
    ].join('\n');
  return startServer({
    name: 'pgbouncer',
    serve: (_, port) => [
      '/bin/sh',
      ['-c', 'echo "$1" > pgbouncer.ini && exec "$0" pgbouncer.ini', pgbouncerProgram() ?? 'pgbouncer', settings(port)],
    ],
    urlAt: (port) => Object.assign(new URL(postgresUrl), { hostname: '127.0.0.1', port: String(port) }).href,
    ping: pingPostgres,
    // SIGINT would wait for its clients.
    stopSignal: 'SIGTERM',
  });
}

export function startMariadb(): Promise<DatabaseServer> {
  const user = unprivilegedUser() === undefined ? [] : ['--user=nobody'];
  const small = ['--innodb-log-file-size=4M', '--innodb-flush-method=nosync'];
  // As it starts, it deletes the temporary tables in its folder for them: each server needs one of its own.
  const foldersOf = (folder: string): string[] => [`--datadir=${folder}`, `--tmpdir=${folder}`];
  const settingsOf = (folder: string): string[] => ['--no-defaults', ...foldersOf(folder), ...user, ...small];
  return takeServer({
    name: 'mariadb',
    initialize: (folder) => [
      'mariadb-install-db',
      [...settingsOf(folder), '--auth-root-authentication-method=normal', '--skip-test-db'],
    ],
    serve: (folder, port) => [
      mariadbProgram() ?? 'mariadbd',
      [
        ...settingsOf(folder),
        `--socket=${join(folder, 'socket')}`,
        `--port=${port}`,
        '--bind-address=127.0.0.1',
        '--max-connections=300',
        '--innodb-flush-log-at-trx-commit=2',
      ],
    ],
    urlAt: mysqlAt,
    async ping(url) {
      const connection = await createConnection(url);
      await connection.end();
    },
    stopSignal: 'SIGTERM',
    reset: resetMariadb,
  });
}

async function resetPostgres(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  // In this order: a role may own a database, and a database may be in a tablespace.
  const { rows } = await client.query<{ statement: string }>(`
    select format('drop database %I with (force)', datname) as statement from pg_database
      where datname not in ('postgres', 'template0', 'template1')
    union all select format('drop tablespace %I', spcname) from pg_tablespace where spcname !~ '^pg_'
    union all select format('drop role %I', rolname) from pg_roles where rolname !~ '^pg_' and rolname <> 'postgres'
  `);
  for (const { statement } of rows) await client.query(statement);
  await client.end();
}

async function resetMariadb(url: string): Promise<void> {
  const connection = await createConnection(url);
  await connection.query('set global read_only = 0');
  const [rows] = await connection.query(`
    select concat('drop database \`', schema_name, '\`') as statement from information_schema.schemata
      where schema_name not in ('information_schema', 'mysql', 'performance_schema', 'sys')
    union all select concat('drop user ', quote(user), '@', quote(host)) from mysql.user
      where user not in ('root', 'mariadb.sys', '')
  `);
  for (const { statement } of rows as { statement: string }[]) await connection.query(statement);
  await connection.end();
}

/** Database servers refuse to run as root, so they then run as the unprivileged user. */
function unprivilegedUser(): { uid: number; gid: number } | undefined {
  return process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;
}

async function createFolder(name: string): Promise<string> {
  const owner = unprivilegedUser();
  const folder = await mkdtemp(join(runFolder(), `${name}-`));
  if (owner !== undefined) await chown(folder, owner.uid, owner.gid);
  return folder;
}

/** An initialized data folder to copy. The first run that needs one keeps it, for the later runs. */
async function templateOf({ name, initialize, serve }: Recipe): Promise<string | undefined> {
  if (initialize === undefined) return undefined;
  const [server] = serve('', 0);
  const { stdout: version } = await run(server, ['--version']);
  const reasons = JSON.stringify([version, initialize(''), process.getuid?.()]);
  const hash = createHash('sha256').update(reasons).digest('hex').slice(0, 16);
  const cache = new URL('../node_modules/.cache/', import.meta.url).pathname;
  const template = join(cache, `${name}-${hash}`);
  if (existsSync(template)) return template;
  const folder = await createFolder(name);
  const [program, args] = initialize(folder);
  await run(program, [...args], { cwd: folder, ...unprivilegedUser() });
  const unfinished = `${template}.${process.pid}`;
  await mkdir(cache, { recursive: true });
  await run('cp', ['-a', folder, unfinished]);
  // Another process may have been first: its template is as good.
  await rename(unfinished, template).catch(() => rm(unfinished, { recursive: true }));
  await rm(folder, { recursive: true });
  return template;
}

/** Running servers that no test uses now. */
const idleServers = new Map<string, DatabaseServer[]>();

/** Takes a server that another test has used, as starting one takes longer than most tests; or starts one. */
async function takeServer(recipe: Recipe): Promise<DatabaseServer> {
  const { reset } = recipe;
  if (reset === undefined) return startServer(recipe);
  const idle = idleServers.get(recipe.name) ?? [];
  idleServers.set(recipe.name, idle);
  const server = idle.pop() ?? (await startServer(recipe));
  return {
    ...server,
    async [Symbol.asyncDispose]() {
      try {
        await server.start();
        await reset(server.url);
        idle.push(server);
      } catch {
        await server[Symbol.asyncDispose]();
      }
    },
  };
}

async function startServer(recipe: Recipe): Promise<DatabaseServer> {
  const template = await templateOf(recipe);
  const folder = await createFolder(recipe.name);
  if (template !== undefined) await run('cp', ['-a', `${template}/.`, folder]);
  const port = await freePort();
  const url = recipe.urlAt(port);
  const outputFile = `${folder}.output`;
  let server: ChildProcess | undefined;

  const hasEnded = (): boolean => server === undefined || server.exitCode !== null || server.signalCode !== null;

  async function end(by: (pid: number) => unknown): Promise<void> {
    if (hasEnded() || server?.pid === undefined) return;
    const exited = once(server, 'exit');
    server.ref();
    await by(server.pid);
    await exited;
  }

  async function start(): Promise<void> {
    if (!hasEnded()) return;
    const [program, args] = recipe.serve(folder, port);
    const output = await open(outputFile, 'a');
    server = spawn(program, args, { stdio: ['ignore', output.fd, output.fd], cwd: folder, ...unprivilegedUser() });
    await output.close();
    await writeFile(processFileOf(folder), `${server.pid}`);
    // The process can end without it: `removeRun` ends it.
    server.unref();
    const deadline = performance.now() + 120_000;
    for (;;) {
      try {
        await recipe.ping(url);
        return;
      } catch (error) {
        if (hasEnded() || performance.now() > deadline) {
          throw new Error(`${recipe.name} did not start: ${await readFile(outputFile, 'utf8')}`, { cause: error });
        }
        await sleep(20);
      }
    }
  }

  const started: DatabaseServer = {
    port,
    url,
    start,
    stop: () => end((pid) => process.kill(pid, recipe.stopSignal)),
    kill: () => end(killWithChildren),
    async [Symbol.asyncDispose]() {
      await end(killWithChildren);
      await rm(folder, { recursive: true, force: true });
      for (const file of [outputFile, processFileOf(folder)]) await rm(file, { force: true });
    },
  };
  try {
    await start();
    return started;
  } catch (error) {
    await started[Symbol.asyncDispose]();
    throw error;
  }
}

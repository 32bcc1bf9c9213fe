import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './ports.ts';

const run = promisify(execFile);

/** A database server of the tests' own: on a free port, in a temporary folder, gone afterwards. */
export interface DatabaseServer extends AsyncDisposable {
  readonly port: number;
  /** As a crash would: no flushing, no good-byes. */
  kill(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** How a kind of server is made and started. */
interface Recipe {
  initialize?(folder: string): readonly [command: string, args: readonly string[]];
  serve(folder: string, port: number): readonly [command: string, args: readonly string[]];
  isReady(port: number): Promise<unknown>;
  /** What it stops by, in good order and soon, whoever is connected. */
  readonly stopSignal?: NodeJS.Signals;
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

/** @param settings more of its command line, such as `['--cluster-enabled yes']` */
export function startRedis(isReady: Recipe['isReady'], settings: readonly string[] = []): Promise<DatabaseServer> {
  return startServer({
    serve: (folder, port) => [
      redisProgram() ?? 'redis-server',
      [`--port ${port}`, '--bind 127.0.0.1', `--dir ${folder}`, '--save ""', '--appendonly no', ...settings],
    ],
    isReady,
  });
}

export function startPostgres(isReady: Recipe['isReady']): Promise<DatabaseServer> {
  const programs = postgresPrograms() ?? '';
  return startServer({
    initialize: (folder) => [
      join(programs, 'initdb'),
      ['-D', folder, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '-N'],
    ],
    serve: (folder, port) => [
      join(programs, 'postgres'),
      ['-D', folder, '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-F'],
    ],
    // SIGTERM would wait for its clients.
    stopSignal: 'SIGINT',
    isReady,
  });
}

export function startMariadb(isReady: Recipe['isReady']): Promise<DatabaseServer> {
  const user = asNobody() === undefined ? [] : ['--user=nobody'];
  return startServer({
    initialize: (folder) => [
      'mariadb-install-db',
      [
        '--no-defaults',
        ...user,
        `--datadir=${folder}`,
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
        `--tmpdir=${folder}`,
      ],
    ],
    serve: (folder, port) => [
      mariadbProgram() ?? 'mariadbd',
      [
        '--no-defaults',
        ...user,
        `--datadir=${folder}`,
        `--socket=${join(folder, 'socket')}`,
        `--port=${port}`,
        '--bind-address=127.0.0.1',
        '--innodb-flush-log-at-trx-commit=2',
      ],
    ],
    isReady,
  });
}

/** Database servers refuse to run as root: there, they run as nobody. */
function asNobody(): { uid: number; gid: number } | undefined {
  return process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;
}

async function startServer(recipe: Recipe): Promise<DatabaseServer> {
  const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-db-'));
  const nobody = asNobody();
  let server: ChildProcess | undefined;

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const exited = new Promise((resolve) => server?.once('exit', resolve));
    server.kill(signal);
    await exited;
  }

  async function start(): Promise<void> {
    const [command, args] = recipe.serve(folder, port);
    server = spawn(command, args, { stdio: 'ignore', cwd: folder, ...nobody });
    for (let attempt = 0; ; attempt += 1) {
      try {
        await recipe.isReady(port);
        return;
      } catch (error) {
        if (attempt === 200 || server.exitCode !== null) throw error;
        await sleep(50);
      }
    }
  }

  const port = await freePort();
  const running: DatabaseServer = {
    port,
    start,
    stop: () => end(recipe.stopSignal ?? 'SIGTERM'),
    kill: () => end('SIGKILL'),
    async [Symbol.asyncDispose]() {
      await end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    if (nobody !== undefined) await chown(folder, nobody.uid, nobody.gid);
    const [command, args] = recipe.initialize?.(folder) ?? [];
    if (command !== undefined) await run(command, [...(args ?? [])], { cwd: folder, ...nobody });
    await start();
    return running;
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw error;
  }
}

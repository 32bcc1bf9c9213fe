import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { main } from '../../packages/core/src/cli/main.ts';

/** The result of a command. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The database and the table of a command. */
export interface Target {
  /** The `DATABASE_URL`. @defaultValue not set */
  readonly url?: string | undefined;
  /** Passed as `--table`, unless it is `sessions`. */
  readonly table?: string;
  /** The `SESSION_SECRET`. @defaultValue not set */
  readonly secret?: string;
}

interface RunOptions extends Target {
  /** Whether standard error is a terminal. */
  readonly isTTY?: boolean;
  /** Called with each text that the command writes to standard error, and with its handler of Ctrl-C. */
  readonly onStderr?: (text: string, interrupt: () => void) => void;
}

/** Runs the command line inside this process: most tests need no other. */
export async function cli(
  args: readonly string[],
  { url, table = 'sessions', secret, isTTY = false, onStderr }: RunOptions = {},
): Promise<Finished> {
  let stdout = '';
  let stderr = '';
  let interrupt = (): void => {};
  const code = await main(table === 'sessions' ? args : [...args, '--table', table], {
    url,
    secret,
    stdout: { write: (written) => (stdout += written) },
    stderr: {
      isTTY,
      write(written) {
        stderr += written;
        onStderr?.(written, interrupt);
      },
    },
    onInterrupt: (stop) => (interrupt = stop),
  });
  return { code, stdout, stderr };
}

/** Runs a command that must succeed and print nothing but its result. Returns the document that it prints. */
export async function cliJson<TDocument>(args: readonly string[], target: Target = {}): Promise<TDocument> {
  const { code, stdout, stderr } = await cli([...args, '--json'], target);
  if (code !== 0 || stderr !== '') throw new Error(`trpc-sessions ${args.join(' ')}: ${code}, ${stderr}`);
  return JSON.parse(stdout);
}

/** The executable file, as source. */
export const executable: string = new URL('../../packages/core/src/cli/bin.ts', import.meta.url).pathname;

interface SpawnOptions {
  /** The `DATABASE_URL`. @defaultValue not set */
  readonly url?: string | undefined;
  /** @defaultValue {@link executable} */
  readonly program?: string;
  readonly cwd?: string;
  /** Called while the command runs. */
  readonly meanwhile?: (running: { interrupt(): void; closeStdout(): void }) => void | Promise<void>;
}

/** Runs the command line as a process of its own. */
export async function spawnCli(
  args: readonly string[],
  { url, program = executable, cwd, meanwhile }: SpawnOptions = {},
): Promise<Finished> {
  const child = launch(process.execPath, ['--conditions=@trpc-sessions/source', program, ...args], url, cwd);
  const closed = once(child, 'close');
  const outputs = Promise.all([text(child.stdout).catch(() => ''), text(child.stderr)]);
  await meanwhile?.({
    interrupt: () => child.kill('SIGINT'),
    closeStdout: () => child.stdout.destroy(),
  });
  const [stdout, stderr] = await outputs;
  await closed;
  return { code: child.exitCode, stdout, stderr };
}

function launch(command: string, args: readonly string[], url: string | undefined, cwd?: string) {
  return spawn(command, args, {
    cwd,
    env: {
      PATH: process.env['PATH'],
      TZ: process.env['TZ'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      ...(url !== undefined && { DATABASE_URL: url }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Whether the machine has the `script` of util-linux, which gives a program a terminal. */
export const hasTerminal: boolean = /util-linux/.test(spawnSync('script', ['--version']).stdout?.toString() ?? '');

/** Runs the command line as a process on a terminal. Returns everything that the terminal received. */
export async function cliOnTerminal(args: readonly string[], url: string): Promise<Omit<Finished, 'stderr'>> {
  const command = [process.execPath, '--conditions=@trpc-sessions/source', executable, ...args];
  const quoted = command.map((word) => `'${word}'`).join(' ');
  const child = launch('script', ['--quiet', '--return', '--command', quoted, '/dev/null'], url);
  const closed = once(child, 'close');
  const stdout = await text(child.stdout);
  await closed;
  return { code: child.exitCode, stdout };
}

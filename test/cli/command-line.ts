import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

// The command line as a user starts it, from its source.

const source: string = new URL('../../packages/core/src/cli/main.ts', import.meta.url).pathname;

/** What a finished command left. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is started. */
export interface Start {
  /** The `DATABASE_URL`: not set when left out. */
  readonly url?: string | undefined;
  /** Another place of the source. */
  readonly program?: string;
  /** The folder it is started in. */
  readonly cwd?: string;
  /** What is done while it runs. */
  readonly meanwhile?: (running: { interrupt(): void; closeStdout(): void }) => void | Promise<void>;
}

/** Runs the command line to its end. */
export async function cli(
  args: readonly string[],
  { url, program = source, cwd, meanwhile }: Start = {},
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
    env: { PATH: process.env['PATH'], TZ: process.env['TZ'], ...(url !== undefined && { DATABASE_URL: url }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Whether the machine has the `script` of util-linux, which lends a terminal to a program. */
export const hasTerminal: boolean = /util-linux/.test(spawnSync('script', ['--version']).stdout?.toString() ?? '');

/** Runs the command line on a terminal, to its end. Returns what the terminal was sent. */
export async function cliOnTerminal(args: readonly string[], url: string): Promise<Omit<Finished, 'stderr'>> {
  const command = [process.execPath, '--conditions=@trpc-sessions/source', source, ...args];
  const quoted = command.map((word) => `'${word}'`).join(' ');
  const child = launch('script', ['--quiet', '--return', '--command', quoted, '/dev/null'], url);
  const closed = once(child, 'close');
  const stdout = await text(child.stdout);
  await closed;
  return { code: child.exitCode, stdout };
}

/** Runs a command that must succeed, and say nothing but its result. Returns the document it prints. */
export async function cliJson<TDocument>(args: readonly string[], start: Start = {}): Promise<TDocument> {
  const { code, stdout, stderr } = await cli([...args, '--json'], start);
  if (code !== 0 || stderr !== '') throw new Error(`trpc-sessions ${args.join(' ')}: ${code}, ${stderr}`);
  return JSON.parse(stdout);
}

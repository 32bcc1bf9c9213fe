import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

// The command line as a user starts it, from its source.

const source: string = new URL('../../packages/core/src/cli.ts', import.meta.url).pathname;

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
  /** What is done while it runs. */
  readonly meanwhile?: (running: { interrupt(): void; closeStdout(): void }) => void | Promise<void>;
}

/** Runs the command line to its end. */
export async function cli(
  args: readonly string[],
  { url, program = source, meanwhile }: Start = {},
): Promise<Finished> {
  const child = spawn(process.execPath, ['--conditions=@trpc-sessions/source', program, ...args], {
    env: { PATH: process.env['PATH'], TZ: process.env['TZ'], ...(url !== undefined && { DATABASE_URL: url }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
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

/** Runs a command that must succeed, and say nothing but its result. Returns the document it prints. */
export async function cliJson<TDocument>(args: readonly string[], start: Start = {}): Promise<TDocument> {
  const { code, stdout, stderr } = await cli([...args, '--json'], start);
  if (code !== 0 || stderr !== '') throw new Error(`trpc-sessions ${args.join(' ')}: ${code}, ${stderr}`);
  return JSON.parse(stdout);
}

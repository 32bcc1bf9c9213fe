import { readFileSync } from 'node:fs';
import { exitCodes, type Command, type Outcome } from './command.ts';
import { commands } from './commands.ts';
import { explain, UsageError } from './explain-error.ts';
import { helpOf } from './help.ts';
import { commonOptions, parseOptions, type Values } from './options.ts';
import { formatJson } from './output.ts';

/** The process that the command line runs in. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  /** The `DATABASE_URL`. */
  readonly url: string | undefined;
  /** The `SESSION_SECRET`. */
  readonly secret?: string | undefined;
  /** Calls `stop` on Ctrl-C. */
  readonly onInterrupt: (stop: () => void) => void;
}

interface Output {
  write(text: string): unknown;
  /** Whether it is a terminal. */
  readonly isTTY?: boolean | undefined;
}

/**
 * Runs the command line. It never throws: an error is one line on `stderr`.
 *
 * @returns the exit code
 */
export async function main(args: readonly string[], io: Io): Promise<number> {
  const { stdout, stderr, url } = io;
  const complain = (message: string): void => void stderr.write(`trpc-sessions: ${message}\n`);
  try {
    const { command, values } = parse(args);
    const print = (json: unknown, text: string): void =>
      void stdout.write(`${values.json === true ? formatJson(json) : text}\n`);
    if (values.version === true) {
      const version = readVersion();
      print({ version }, version);
    } else if (values.help === true) {
      stdout.write(`${helpOf(command)}\n`);
    } else if (command === undefined) {
      stderr.write(`${helpOf(undefined)}\n`);
      return exitCodes.usage;
    } else {
      const { json, text, exitCode = exitCodes.done } = await run(command, values, io);
      // A program that reads the text of a failed command must not take it for a result.
      if (exitCode === exitCodes.failed) complain(text);
      if (exitCode !== exitCodes.failed || values.json === true) print(json, text);
      return exitCode;
    }
    return exitCodes.done;
  } catch (error) {
    const command = args.find((arg) => Object.hasOwn(commands, arg));
    const message = explain(error, { url, command });
    const isUsage = error instanceof UsageError;
    const help = ['trpc-sessions', command, '--help'].filter((word) => word !== undefined).join(' ');
    complain(isUsage ? `${message} (see ${help})` : message);
    return isUsage ? exitCodes.usage : exitCodes.failed;
  }
}

/** A parsed command line. */
interface Call {
  readonly command: Command | undefined;
  readonly values: Values;
}

function parse(args: readonly string[]): Call {
  const { values, positionals, tokens } = parseOptions(args);
  const [name, ...rest] = positionals;
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (name !== undefined && command === undefined) throw new UsageError(`there is no command ${JSON.stringify(name)}`);
  if (rest.length > 0) throw new UsageError(`unexpected ${JSON.stringify(rest[0])}`);
  const given = tokens.filter((token) => token.kind === 'option').map((token) => token.name);
  // parseArgs would silently use the last of the two.
  const twice = given.find((option, index) => option !== 'id' && given.indexOf(option) < index);
  if (twice !== undefined) throw new UsageError(`--${twice} is given twice`);
  const allowed = new Set<string>([...(command?.options ?? []), ...commonOptions]);
  const stray = given.find((option) => !allowed.has(option));
  if (stray !== undefined && command !== undefined) throw new UsageError(`${name} takes no --${stray}`);
  return { command, values };
}

async function run(command: Command, values: Values, { stderr, url, secret, onInterrupt }: Io): Promise<Outcome> {
  /** Overwrites one line of a terminal. */
  const progress = (text: string): void => {
    if (stderr.isTTY === true) stderr.write(`\r\u001b[K${text}`);
  };
  try {
    return await command.run(values, { url, secret, progress, onInterrupt });
  } finally {
    progress('');
  }
}

function readVersion(): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  return manifest.version;
}

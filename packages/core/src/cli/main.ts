#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { commands, exitCodes, type Command, type Outcome, type Values } from './commands.ts';
import { codeOf, explain, formatJson, formatTable, messageOf, UsageError } from './output.ts';

/** Every option: how it is parsed, what it takes, what it is for. */
const options = {
  user: { type: 'string', takes: '<id>', help: 'whose sessions' },
  id: {
    type: 'string',
    multiple: true,
    takes: '<session>',
    help: 'the id of a session, as list prints it; several where it is given several times',
  },
  all: { type: 'boolean', takes: '', help: 'all sessions of the user' },
  'idle-timeout': {
    type: 'string',
    takes: '<duration>',
    help: 'your idleTimeout, such as 14d: unused this long, a session is not live',
  },
  table: { type: 'string', takes: '<name>', help: 'your table, such as auth.sessions (default: sessions)' },
  sql: { type: 'boolean', takes: '', help: 'print the SQL that makes the table, and run nothing' },
  dialect: {
    type: 'string',
    takes: '<name>',
    help: 'of --sql: sqlite, postgres, mysql or mariadb (default: that of DATABASE_URL)',
  },
  alg: { type: 'string', takes: '<algorithm>', help: 'HS, RS, PS or ES with 256, 384 or 512 (default: HS256)' },
  kid: { type: 'string', takes: '<id>', help: 'the key id (default: a random one)' },
  pem: { type: 'boolean', takes: '', help: 'a key pair in PEM form instead of a JWK' },
  secret: { type: 'boolean', takes: '', help: 'a secret as plain text instead of a JWK' },
  json: { type: 'boolean', takes: '', help: 'print one JSON document, in one line' },
  help: { type: 'boolean', short: 'h', takes: '', help: 'print this' },
  version: { type: 'boolean', short: 'v', takes: '', help: 'print the version' },
} as const;

type OptionName = keyof typeof options;
const everywhere: readonly OptionName[] = ['json', 'help', 'version'];

const surroundings = `DATABASE_URL names the database: file:app.db or a path, postgres://… or mysql://…
Exit codes: 0 done, 1 failed or no such session, 2 used wrongly, 130 interrupted.`;

function helpOf(command: Command | undefined): string {
  if (command !== undefined) {
    return `Usage: trpc-sessions ${command.usage}\n\n${capitalized(command.summary)}.\n\n${describe([...command.options, ...everywhere])}`;
  }
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(9)}${summary}`);
  return `Usage: trpc-sessions <command> [options]\n\n${lines.join('\n')}\n\n${describe(everywhere)}\n\n${surroundings}`;
}

function describe(names: readonly OptionName[]): string {
  const rows = names.map((name) => {
    const option = options[name];
    return [`  ${'short' in option ? `-${option.short}, ` : ''}--${name} ${option.takes}`.trimEnd(), option.help];
  });
  return formatTable(['Options:', ''], rows);
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A command line, understood. */
interface Call {
  readonly command: Command | undefined;
  readonly values: Values & { readonly help?: boolean; readonly version?: boolean };
}

function parse(args: string[]): Call {
  const { values, positionals, tokens } = parseStrictly(args);
  const [name, ...rest] = positionals;
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (name !== undefined && command === undefined) throw new UsageError(`there is no command ${JSON.stringify(name)}`);
  if (rest.length > 0) throw new UsageError(`unexpected ${JSON.stringify(rest[0])}`);
  const given = tokens.filter((token) => token.kind === 'option').map((token) => token.name);
  // Of two, parseArgs would quietly take the last one.
  const twice = given.find((option, index) => option !== 'id' && given.indexOf(option) < index);
  if (twice !== undefined) throw new UsageError(`--${twice} is given twice`);
  const taken = new Set<string>([...(command?.options ?? []), ...everywhere]);
  const stray = given.find((option) => !taken.has(option));
  if (stray !== undefined && command !== undefined) throw new UsageError(`${name} takes no --${stray}`);
  return { command, values };
}

// oxlint-disable-next-line typescript/explicit-function-return-type -- what parseArgs infers of the options
function parseStrictly(args: string[]) {
  try {
    return parseArgs({ args, options, allowPositionals: true, tokens: true });
  } catch (error) {
    const message = messageOf(error);
    // Only the first sentence is for those who use the program; but for the one that says how to write a dash.
    const sentence = /^[^.\n]+/.exec(message)?.[0] ?? message;
    const howTo = /use '(--[\w-]+=)-XYZ'/.exec(message)?.[1];
    throw new UsageError(
      howTo === undefined ? sentence : `${sentence}: a value that starts with a dash is ${howTo}-…`,
      {
        cause: error,
      },
    );
  }
}

const { stdout, stderr } = process;

/** Shows one line that is written over, and only to somebody: not to a log. */
function progress(text: string): void {
  if (stderr.isTTY) stderr.write(`\r\u001b[K${text}`);
}

async function run(command: Command, values: Values, url: string | undefined): Promise<Outcome> {
  try {
    // Once: a second Ctrl-C ends the process at once.
    return await command.run(values, { url, progress, onInterrupt: (stop) => process.once('SIGINT', stop) });
  } finally {
    progress('');
  }
}

function complain(message: string): void {
  stderr.write(`trpc-sessions: ${message}\n`);
}

function readVersion(): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  return manifest.version;
}

/** Returns the exit code. */
async function main(args: string[], url: string | undefined): Promise<number> {
  try {
    const { command, values } = parse(args);
    const print = (json: unknown, text: string): boolean =>
      stdout.write(`${values.json === true ? formatJson(json) : text}\n`);
    if (values.version === true) {
      const version = readVersion();
      print({ version }, version);
    } else if (values.help === true) {
      stdout.write(`${helpOf(command)}\n`);
    } else if (command === undefined) {
      stderr.write(`${helpOf(undefined)}\n`);
      return exitCodes.usedWrongly;
    } else {
      const { json, text, exitCode = exitCodes.done } = await run(command, values, url);
      // To a program that reads the text, nothing found is no text.
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
    return isUsage ? exitCodes.usedWrongly : exitCodes.failed;
  }
}

stdout.on('error', (error) => {
  // `| head` has read enough: that is no failure.
  if (codeOf(error) === 'EPIPE') process.exit();
  complain(explain(error));
  process.exit(exitCodes.failed);
});

process.exitCode = await main(process.argv.slice(2), process.env['DATABASE_URL']);

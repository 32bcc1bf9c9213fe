import { parseArgs } from 'node:util';
import { parseTableName, type TableName } from '../store/table-name.ts';
import { readUrl } from './database-url.ts';
import { messageOf, UsageError } from './explain-error.ts';

/** Every option: how it is parsed, its value, its help. */
export const options = {
  user: { type: 'string', value: '<id>', help: 'the user id' },
  id: {
    type: 'string',
    multiple: true,
    value: '<session>',
    help: 'a session id, as list prints it; may be given several times',
  },
  all: { type: 'boolean', value: '', help: 'all sessions of the user' },
  'idle-timeout': {
    type: 'string',
    value: '<duration>',
    help: 'your idleTimeout, such as 14d: a session unused for that long is not live',
  },
  account: { type: 'string', value: '<name>', help: 'the name that its user signs in with' },
  table: { type: 'string', value: '<name>', help: 'your table, such as auth.sessions (default: sessions)' },
  sql: { type: 'boolean', value: '', help: 'print the SQL that creates the table, and run nothing' },
  dialect: {
    type: 'string',
    value: '<name>',
    help: 'for --sql: sqlite, postgres, mysql or mariadb (default: from DATABASE_URL)',
  },
  alg: { type: 'string', value: '<algorithm>', help: 'HS, RS, PS or ES with 256, 384 or 512 (default: HS256)' },
  kid: { type: 'string', value: '<id>', help: 'the key id (default: a random one)' },
  pem: { type: 'boolean', value: '', help: 'a key pair in PEM form instead of a JWK' },
  secret: { type: 'boolean', value: '', help: 'a secret as plain text instead of a JWK' },
  json: { type: 'boolean', value: '', help: 'print one JSON document, in one line' },
  help: { type: 'boolean', short: 'h', value: '', help: 'print this' },
  version: { type: 'boolean', short: 'v', value: '', help: 'print the version' },
} as const;

export type OptionName = keyof typeof options;

/** The options that every command takes. */
export const commonOptions: readonly OptionName[] = ['json', 'help', 'version'];

/** The options of a command line, by name. */
export type Values = Parsed['values'];

type Parsed = ReturnType<typeof parseArgs<ParseConfig>>;

interface ParseConfig {
  readonly args: string[];
  readonly options: typeof options;
  readonly allowPositionals: true;
  readonly tokens: true;
}

/**
 * Parses a command line.
 *
 * @throws {UsageError} an option is unknown, has no value, or has one too many
 */
export function parseOptions(args: readonly string[]): Parsed {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, tokens: true });
  } catch (error) {
    const message = messageOf(error);
    // Node's further sentences are for programmers, except for its advice on values that start with a dash.
    const sentence = /^[^.\n]+/.exec(message)?.[0] ?? message;
    const option = /use '(--[\w-]+=)-XYZ'/.exec(message)?.[1];
    const advice = option === undefined ? '' : `: write a value that starts with a dash as ${option}-…`;
    throw new UsageError(sentence + advice, { cause: error });
  }
}

/**
 * Reads `--table` for the database of the URL.
 *
 * @throws {UsageError} it is not a name, or not one for this database
 */
export function readTable({ table }: Values, url: string | undefined): TableName {
  orUsageError(() => parseTableName(table));
  const { dialect } = readUrl(url);
  return orUsageError(() => parseTableName(table, dialect));
}

/** Reads an option with the library's own function, whose errors start with the option's name. */
export function orUsageError<TResult>(read: () => TResult): TResult {
  try {
    return read();
  } catch (error) {
    throw new UsageError(`--${messageOf(error)}`, { cause: error });
  }
}

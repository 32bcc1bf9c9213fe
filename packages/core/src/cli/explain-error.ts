import { printable } from './output.ts';

/** The command line was used wrongly: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command that failed, and its database. */
interface Failure {
  readonly url?: string | undefined;
  readonly command?: string | undefined;
}

/** Explains an error in one line, without the passwords of the `DATABASE_URL`; with advice for known errors. */
export function explain(error: unknown, { url = '', command }: Failure = {}): string {
  const message = printable(withoutPasswords(messageOf(error), url).replace(/\s+/g, ' ').trim());
  const code = String(codeOf(error));
  const advice = advices.find(
    ({ codes, text, isFor }) =>
      (isFor === undefined || isFor(command)) && (codes.includes(code) || text?.test(message) === true),
  );
  return advice === undefined ? message : `${message}: ${advice.advice}`;
}

/** The advice for errors with one of these codes or this text. */
interface Advice {
  readonly codes: readonly string[];
  readonly text?: RegExp;
  readonly isFor?: (command: string | undefined) => boolean;
  readonly advice: string;
}

const advices: readonly Advice[] = [
  {
    codes: ['42P01', 'ER_NO_SUCH_TABLE'],
    text: /^no such table/,
    // `migrate` creates the table: it can only miss another one.
    isFor: (command) => command !== 'migrate',
    advice: 'run trpc-sessions migrate, or give --table its name',
  },
  {
    codes: ['42P07', 'ER_TABLE_EXISTS_ERROR'],
    text: /^(?:table|index) .* already exists/,
    advice: 'give --table another name',
  },
  {
    codes: ['42703', 'ER_BAD_FIELD_ERROR'],
    text: /^no such column/,
    advice: 'not an up-to-date sessions table: run trpc-sessions migrate, or give --table the name of yours',
  },
  {
    codes: ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT'],
    text: /connection timeout|Connection terminated/,
    advice: 'is the server of DATABASE_URL running, and reachable?',
  },
  {
    codes: ['28P01', '28000', '3D000', 'ER_ACCESS_DENIED_ERROR', 'ER_BAD_DB_ERROR', 'ER_NO_DB_ERROR'].concat([
      'ERR_INVALID_URL',
      'SQLITE_CANTOPEN',
      'SQLITE_NOTADB',
    ]),
    advice: 'check DATABASE_URL',
  },
  { codes: ['SQLITE_BUSY'], advice: 'another program is writing, retry later' },
];

/** The message of an error. */
export function messageOf(error: unknown): string {
  // A host with several addresses fails with one error for each, and has no message itself.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join(', ');
  return error instanceof Error ? error.message || String(codeOf(error)) : String(error);
}

/** The `code` of an error of Node or a driver. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

const userinfo = /((?:^|:\/\/|\s)[^:/?#@\s]*):(\S*)@/g;
const parameter = /((?:^|[?&\s;])\w*pass\w*=)('[^']*'|[^&\s;]*)/gi;

function withoutPasswords(text: string, url: string): string {
  const hide = (quoting: string): string => quoting.replace(userinfo, '$1:***@').replace(parameter, '$1***');
  const whole = passwordBeforeHost(url);
  const rest = hide(url.replace(`:${whole}@`, ':***@'));
  // Up to the last @, and up to the first: either may stand before the host.
  const passwords = [userinfo, /(:)([^@\s]*)@/g, parameter].flatMap((pattern) =>
    [...url.replace(/^\w+:\/\//, '').matchAll(pattern)].map(([, , password = '']) => password),
  );
  return (
    [whole, ...passwords]
      .flatMap((password) => [password, decoded(password), password.replace(/\s+/g, ' ')])
      // "postgres" may be the password, and also the user that a message names.
      .filter((password) => password !== '' && !rest.includes(password))
      .reduce((hidden, password) => hidden.replaceAll(password, '***'), hide(text))
  );
}

/** The password of a URL, also if it has a space or the end of a line in it. */
function passwordBeforeHost(url: string): string {
  const [, password = ''] = /^[a-z][a-z\d+.-]*:\/\/[^:@/]*:(.*)@/is.exec(url) ?? [];
  return password;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

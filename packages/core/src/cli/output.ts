/** The command line was used wrongly: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Columns as wide as their widest cell. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows].map((cells) => cells.map(printable));
  const widths = header.map((_, column) => Math.max(...lines.map((cells) => widthOf(cells[column] ?? ''))));
  return lines
    .map((cells) =>
      cells
        .map((cell, column) => pad(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Users name their devices: no name may move the cursor of whoever lists them. Emoji need the joiners. */
const unprintable = /[\p{Cc}\p{Cs}]|(?![\u200c\u200d])\p{Cf}/gu;

function printable(text: string): string {
  return text.replace(unprintable, '');
}

/** A JSON document in one line, as a variable of the environment may hold it. What a terminal would obey is escaped. */
export function formatJson(value: unknown): string {
  return JSON.stringify(value).replace(unprintable, (text) =>
    Array.from({ length: text.length }, (_, index) => escapeOf(text.charCodeAt(index))).join(''),
  );
}

function escapeOf(codeUnit: number): string {
  return `\\u${codeUnit.toString(16).padStart(4, '0')}`;
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(width - widthOf(text));
}

const graphemes = new Intl.Segmenter('en');

/** What terminals draw two columns wide: emoji, and the East Asian scripts but for their halfwidth forms. */
const wide =
  /\p{Emoji_Presentation}|\p{Emoji}\ufe0f|(?![\uff61-\uffdc])[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Bopo}\u3000\uff01-\uff60\uffe0-\uffe6]/u;

function widthOf(text: string): number {
  return [...graphemes.segment(text)].reduce((columns, { segment }) => columns + (wide.test(segment) ? 2 : 1), 0);
}

/** "2026-11-23 12:00", in UTC. */
export function formatTime(time: Date): string {
  return time.toISOString().slice(0, 16).replace('T', ' ');
}

const units: readonly (readonly [name: string, milliseconds: number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

/** "3 hours ago". */
export function formatAgo(time: Date, now: number): string {
  const elapsed = now - time.getTime();
  for (const [name, milliseconds] of units) {
    const count = Math.floor(elapsed / milliseconds);
    if (count >= 1) return `${plural(count, name)} ago`;
  }
  return 'just now';
}

/** "1 session", "2 sessions". */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** What failed, and where. */
interface Failing {
  readonly url?: string | undefined;
  readonly command?: string | undefined;
}

/** Says in a line what went wrong, and what to do where that is known; without the passwords of the `DATABASE_URL`. */
export function explain(error: unknown, { url = '', command }: Failing = {}): string {
  const message = printable(withoutPasswords(messageOf(error), url).replace(/\s+/g, ' ').trim());
  const code = String(codeOf(error));
  const advice = advices.find(
    ({ codes, text, isFor }) =>
      (isFor === undefined || isFor(command)) && (codes.includes(code) || text?.test(message) === true),
  );
  return advice === undefined ? message : `${message}: ${advice.advice}`;
}

/** What to do about an error, told by its code or its text. */
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
    // It makes the table: what it misses is another one, its log.
    isFor: (command) => command !== 'migrate',
    advice: 'run trpc-sessions migrate, or give --table its name',
  },
  {
    codes: ['42P07', 'ER_TABLE_EXISTS_ERROR'],
    text: /^(?:table|index) .* already exists/,
    advice: 'unless your own migrations make it, give --table another name',
  },
  {
    codes: ['42703', 'ER_BAD_FIELD_ERROR'],
    text: /^no such column/,
    advice: 'the table is not ours, give --table the name of the one that trpc-sessions migrate made',
  },
  {
    codes: ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT'],
    text: /connection timeout|Connection terminated/,
    advice: 'is the server of DATABASE_URL running, and within reach?',
  },
  {
    codes: ['28P01', '28000', '3D000', 'ER_ACCESS_DENIED_ERROR', 'ER_BAD_DB_ERROR', 'ER_NO_DB_ERROR'].concat([
      'ERR_INVALID_URL',
      'SQLITE_CANTOPEN',
      'SQLITE_NOTADB',
    ]),
    advice: 'check DATABASE_URL',
  },
  { codes: ['SQLITE_BUSY'], advice: 'another program is writing, try again' },
];

/** What an error says. */
export function messageOf(error: unknown): string {
  // A host of several addresses fails with one error each, and no message of its own.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join(', ');
  return error instanceof Error ? error.message || String(codeOf(error)) : String(error);
}

/** The `code` that Node and the drivers tell their errors apart by. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

const userinfo = /((?:^|:\/\/|\s)[^:/?#@\s]*):(\S*)@/g;
const parameter = /([?&]\w*pass\w*=)([^&\s]*)/gi;

function withoutPasswords(text: string, url: string): string {
  const hide = (quoting: string): string => quoting.replace(userinfo, '$1:***@').replace(parameter, '$1***');
  const rest = hide(url);
  // Up to the last @, and to the first: either may be the one before the host.
  const passwords = [userinfo, /(:)([^@\s]*)@/g, parameter].flatMap((pattern) =>
    [...url.replace(/^\w+:\/\//, '').matchAll(pattern)].map(([, , password = '']) => password),
  );
  return (
    passwords
      .flatMap((password) => [password, decoded(password)])
      // "postgres" may be the password, and also the user that a message is about.
      .filter((password) => password !== '' && !rest.includes(password))
      .reduce((hidden, password) => hidden.replaceAll(password, '***'), hide(text))
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

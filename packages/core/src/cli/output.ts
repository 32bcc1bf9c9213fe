import { unprintable } from '../session/visible-text.ts';

/** Formats a table. Each column is as wide as its widest cell. */
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

/** Removes unprintable characters: users name their devices, and a name must not control the terminal that lists it. */
export function printable(text: string): string {
  return text.replace(unprintable, '');
}

/** Formats a JSON document in one line, as an environment variable may hold it. Unprintable characters are escaped. */
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

/** Two columns wide on a terminal: emoji, and the East Asian scripts except for their halfwidth forms. */
const wide =
  /\p{Emoji_Presentation}|\p{Emoji}\ufe0f|(?![\uff61-\uffdc])[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Bopo}\u3000\uff01-\uff60\uffe0-\uffe6]/u;

function widthOf(text: string): number {
  return [...graphemes.segment(text)].reduce((columns, { segment }) => columns + (wide.test(segment) ? 2 : 1), 0);
}

/** "2026-11-23 12:00", in UTC. */
export function formatTime(time: Date): string {
  if (Number.isNaN(time.getTime())) return '-';
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

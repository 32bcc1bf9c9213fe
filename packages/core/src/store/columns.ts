import type { SessionRow } from '../session/session.ts';

/** The name of a column of the sessions table. */
export type Column = keyof SessionRow;

type Kind<TName extends Column> = SessionRow<'time'>[TName] extends 'time' ? 'time' : 'text';

/** Every column and how it is stored. Queries, inserts and the conversion of times derive from this list. */
const columns: { readonly [TName in Column]: Kind<TName> } = {
  id: 'text',
  user_id: 'text',
  created_at: 'time',
  last_seen_at: 'time',
  expires_at: 'time',
  ip: 'text',
  created_ip: 'text',
  user_agent: 'text',
  device: 'text',
};

type TimeColumn = { [TName in Column]: Kind<TName> extends 'time' ? TName : never }[Column];
type NullableColumn = { [TName in Column]: null extends SessionRow[TName] ? TName : never }[Column];

/** The values of a new row. A column that may be null is null by default. */
export type NewRow = Omit<SessionRow, NullableColumn> & Partial<Pick<SessionRow, NullableColumn>>;

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.keys widens the names to texts
export const columnNames = Object.keys(columns) as readonly Column[];

/** Answers whether a column holds a time. */
export function isTimeColumn(name: Column): name is TimeColumn {
  return columns[name] === 'time';
}

const timeColumns = columnNames.filter(isTimeColumn);

/** Makes a whole row of its values. */
export function createRow(values: NewRow): SessionRow {
  return { ...fromNames(columnNames, () => null), ...values };
}

/** Converts the times of a row. */
export function convertTimes<TFrom, TTo>(row: SessionRow<TFrom>, convert: (time: TFrom) => TTo): SessionRow<TTo> {
  return { ...row, ...fromNames(timeColumns, (name) => convert(row[name])) };
}

/** Returns a row with its times as numbers: an app may have its driver give them as texts or as bigints. */
export function readTimes(row: SessionRow): SessionRow {
  return timeColumns.every((name) => typeof row[name] === 'number')
    ? row
    : convertTimes<unknown, number>(row, toNumber);
}

function toNumber(value: unknown): number {
  const time = typeof value === 'string' || typeof value === 'bigint' ? Number(value) : Number.NaN;
  if (Number.isFinite(time)) return time;
  throw new RangeError(`the database's driver gives times as ${typeof value}: expected numbers`);
}

function fromNames<TName extends Column, TValue>(
  names: readonly TName[],
  valueOf: (name: TName) => TValue,
): Record<TName, TValue> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.fromEntries widens the names to texts
  return Object.fromEntries(names.map((name) => [name, valueOf(name)])) as Record<TName, TValue>;
}

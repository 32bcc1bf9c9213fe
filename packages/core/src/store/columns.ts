import { stateColumns, type SessionState } from '../session/session-state.ts';
import { rowColumns as columns, type ColumnKind, type SessionRow } from '../session/session.ts';

/** The name of a column of the sessions table. */
export type Column = keyof SessionRow;

type TimeColumn = { [TName in Column]: ColumnKind<TName> extends 'time' ? TName : never }[Column];
type NumberColumn = { [TName in Column]: ColumnKind<TName> extends 'text' ? never : TName }[Column];
type NullableColumn = { [TName in Column]: null extends SessionRow[TName] ? TName : never }[Column];

/** The values of a new row. A column that may be null is null by default. */
export type NewRow = Omit<SessionRow, NullableColumn> & Partial<Pick<SessionRow, NullableColumn>>;

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.keys widens the names to texts
export const columnNames = Object.keys(columns) as readonly Column[];

/** The columns without the app's data, which may be long. */
export const lookedUpColumns: readonly Column[] = columnNames.filter((name) => name !== 'data');

/** Answers whether a column holds a time. */
export function isTimeColumn(name: Column): name is TimeColumn {
  return columns[name] === 'time';
}

const timeColumns = columnNames.filter(isTimeColumn);

function isNumberColumn(name: Column): name is NumberColumn {
  return columns[name] !== 'text';
}

/** Makes a whole row of its values. */
export function createRow(values: NewRow): SessionRow {
  return { ...fromNames(columnNames, () => null), ...values };
}

/** Converts the times of a row to those that the database stores. */
export function storeTimes<TTo>(row: SessionRow, convert: (time: number) => TTo): SessionRow<TTo> {
  const converted = fromNames(timeColumns, (name) => {
    const time = row[name];
    return time === null ? null : convert(time);
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- null where the row has null
  return { ...row, ...converted } as SessionRow<TTo>;
}

/** Makes a function that returns a row with its numbers as numbers: an app may have its driver give them as texts or as bigints. */
function numberReader(names: readonly Column[]): <TRow extends object>(row: TRow) => TRow {
  const numbers = names.filter(isNumberColumn);
  return (row) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a driver's row, whose values are read as they are
    const values = row as Readonly<Record<string, unknown>>;
    return numbers.every((name) => isNumberOrNull(values[name]))
      ? row
      : { ...row, ...fromNames(numbers, (name) => toNumber(values[name])) };
  };
}

/** Reads the numbers of a row, with or without its data. */
export const readNumbers: <TRow extends object>(row: TRow) => TRow = numberReader(columnNames);

const readState = numberReader(stateColumns);

/** Reads the numbers of a state. It names each column, because a loop takes ten times as long, at every request. */
export function readStateNumbers<TState extends SessionState>(state: TState): TState {
  const isRead =
    isNumberOrNull(state.last_seen_at) &&
    isNumberOrNull(state.expires_at) &&
    isNumberOrNull(state.updated_at) &&
    isNumberOrNull(state.generation) &&
    isNumberOrNull(state.grace_until);
  return isRead ? state : readState(state);
}

function isNumberOrNull(value: unknown): boolean {
  return typeof value === 'number' || value === null;
}

function toNumber(value: unknown): number | null {
  if (typeof value === 'number') return value;
  if (value === null || value === undefined) return null;
  const number = typeof value === 'string' || typeof value === 'bigint' ? Number(value) : Number.NaN;
  if (Number.isFinite(number)) return number;
  throw new RangeError(`the database's driver gives times as ${typeof value}: expected numbers`);
}

function fromNames<TName extends Column, TValue>(
  names: readonly TName[],
  valueOf: (name: TName) => TValue,
): Record<TName, TValue> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.fromEntries widens the names to texts
  return Object.fromEntries(names.map((name) => [name, valueOf(name)])) as Record<TName, TValue>;
}

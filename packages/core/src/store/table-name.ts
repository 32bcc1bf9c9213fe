/** The name of the sessions table. */
export interface TableName {
  readonly schema: string | undefined;
  readonly table: string;
}

const shape = /^(?:(?<schema>[A-Za-z_]\w{0,62})\.)?(?<table>[A-Za-z_]\w{0,47})$/;

/** The default table. */
export const defaultTable = 'sessions';

/**
 * Reads the `table` option, `'sessions'` or `'auth.sessions'`.
 *
 * @param dialect - the name of the database's dialect, if it is known
 * @throws {RangeError} it is not a plain name of letters, digits and underscores, or has a schema on SQLite
 */
export function parseTableName(name: string = defaultTable, dialect?: string): TableName {
  const { schema, table } = shape.exec(name)?.groups ?? {};
  if (table === undefined) {
    throw new RangeError(`table: expected a name such as "sessions" or "auth.sessions", got ${JSON.stringify(name)}`);
  }
  if (schema !== undefined && dialect === 'sqlite') {
    throw new RangeError(`table: SQLite has no schemas, got ${JSON.stringify(name)}`);
  }
  return { schema, table };
}

/** The tables that stand beside a sessions table, in its schema. Of the longest name, they fit PostgreSQL's 63 characters. */
export function companionsOf({ schema, table }: TableName): {
  readonly revocations: TableName;
  readonly positions: TableName;
  readonly attempts: TableName;
  readonly history: TableName;
} {
  const beside = (suffix: string): TableName => ({ schema, table: `${table}_${suffix}` });
  return {
    revocations: beside('revocations'),
    positions: beside('positions'),
    attempts: beside('attempts'),
    history: beside('history'),
  };
}

/** Writes a table's name as `sql.table` and Kysely's builders take it. */
export function referenceTo({ schema, table }: TableName): string {
  return schema === undefined ? table : `${schema}.${table}`;
}

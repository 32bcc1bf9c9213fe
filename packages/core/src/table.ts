/** Where the sessions are kept. */
export interface TableName {
  readonly schema: string | undefined;
  readonly table: string;
}

const shape = /^(?:(?<schema>[A-Za-z_]\w{0,62})\.)?(?<table>[A-Za-z_]\w{0,47})$/;

/**
 * Reads the `table` option, `'sessions'` or `'auth.sessions'`.
 *
 * @throws {RangeError} it is not a plain name of letters, digits and underscores
 */
export function parseTableName(name = 'sessions'): TableName {
  const groups = shape.exec(name)?.groups;
  if (groups?.['table'] === undefined) {
    throw new RangeError(`table: expected a name such as "sessions" or "auth.sessions", got ${JSON.stringify(name)}`);
  }
  return { schema: groups['schema'], table: groups['table'] };
}

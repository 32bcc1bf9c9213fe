import type { Kysely, RawBuilder } from 'kysely';
import type { TableDescription } from '../dialect.ts';

/** A column or an index of a table. */
export interface TablePart {
  readonly kind: 'column' | 'index';
  readonly name: string;
}

/** Describes a table by a query for its parts. No part, no table. */
export async function describeParts<TDatabase>(
  db: Kysely<TDatabase>,
  query: RawBuilder<TablePart>,
): Promise<TableDescription | undefined> {
  const { rows } = await query.execute(db);
  const namesOf = (kind: TablePart['kind']): string[] =>
    rows.filter((row) => row.kind === kind).map(({ name }) => name);
  const columns = namesOf('column');
  // MariaDB may list the indexes of a table that is being created before its columns.
  return columns.length === 0 ? undefined : { columns, indexes: namesOf('index') };
}

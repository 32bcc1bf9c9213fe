import type { CompiledQuery, QueryResult, SqliteDatabase } from 'kysely';
import type { DirectConnection } from '../direct-connection.ts';

type Statement = ReturnType<SqliteDatabase['prepare']> & {
  /** The first row. */
  get(parameters: readonly unknown[]): unknown;
};

/** The part of a better-sqlite3 `Database` that runs queries at once. */
export interface DirectDatabase {
  readonly inTransaction: boolean;
  prepare(sql: string): Statement;
}

/** Runs statements of ours, each prepared once. There are few: their texts are compiled once, too. */
export function createDirectConnection(database: DirectDatabase): DirectConnection {
  const statements = new Map<string, Statement>();

  function prepare(sql: string): Statement {
    let statement = statements.get(sql);
    if (statement === undefined) statements.set(sql, (statement = database.prepare(sql)));
    return statement;
  }

  return {
    isInTransaction: () => database.inTransaction,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the query says
    first: <TRow>({ sql, parameters }: CompiledQuery<TRow>) => prepare(sql).get(parameters) as TRow | undefined,
    run<TRow>({ sql, parameters }: CompiledQuery<TRow>): QueryResult<TRow> {
      const statement = prepare(sql);
      if (!statement.reader) return { rows: [], numAffectedRows: BigInt(statement.run(parameters).changes) };
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the query says
      return { rows: statement.all(parameters) as TRow[] };
    },
  };
}

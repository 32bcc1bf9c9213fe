import {
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type QueryResult,
} from 'kysely';

/** The part of Cloudflare's D1 that Kysely needs. */
export interface D1 {
  prepare(sql: string): {
    bind(...values: readonly unknown[]): {
      all(): Promise<{ results: unknown[]; meta: { changes: number } }>;
    };
  };
}

/** Kysely's dialect for D1. As that of kysely-d1, it has no transactions, and does not count zero rows. */
export function d1Dialect(d1: D1): Dialect {
  const connection: DatabaseConnection = {
    async executeQuery<TRow>({ sql, parameters }: { sql: string; parameters: readonly unknown[] }) {
      const { results, meta } = await d1
        .prepare(sql)
        .bind(...parameters)
        .all();
      // As kysely-d1 does: no count is not zero.
      const numAffectedRows = meta.changes > 0 ? BigInt(meta.changes) : undefined;
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as in every driver, the caller knows its rows
      return { rows: results, numAffectedRows } as QueryResult<TRow>;
    },
    streamQuery() {
      throw new Error('D1 has no cursors');
    },
  };
  const refuse = () => Promise.reject(new Error('Transactions are not supported yet.'));
  return {
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createDriver: () => ({
      init: () => Promise.resolve(),
      acquireConnection: () => Promise.resolve(connection),
      beginTransaction: refuse,
      commitTransaction: refuse,
      rollbackTransaction: refuse,
      releaseConnection: () => Promise.resolve(),
      destroy: () => Promise.resolve(),
    }),
  };
}

import type { SqliteStatement } from 'kysely';

/** The part of a better-sqlite3 `Database` that a session manager uses. */
export interface SqliteDatabase {
  readonly inTransaction: boolean;
  readonly readonly: boolean;
  prepare(sql: string): SqliteStatement & {
    /** The first row. */
    get(parameters: readonly unknown[]): unknown;
  };
  pragma(source: string, options?: { readonly simple?: boolean }): unknown;
  close(): void;
}

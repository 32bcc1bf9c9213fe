import type { SqliteStatement } from 'kysely';
import { hasFunctions } from '../has-functions.ts';

/** The part of a better-sqlite3 `Database` that a session manager uses. */
export interface SqliteDatabase {
  readonly inTransaction: boolean;
  readonly readonly: boolean;
  prepare(sql: string): SqliteStatement & {
    /** The first row. A parameter takes less time by itself than in a list. */
    get(...parameters: readonly unknown[]): unknown;
  };
  pragma(source: string, options?: { readonly simple?: boolean }): unknown;
  close(): void;
}

/** Answers whether a value is a `Database` of better-sqlite3. */
export function isSqlite(value: unknown): value is SqliteDatabase {
  return hasFunctions(value, 'prepare', 'pragma', 'close') && 'inTransaction' in value;
}

import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { SqliteDialect, type SqliteDatabase } from 'kysely';

/** Kysely's dialect for the SQLite that Node, Bun and Deno contain. */
export function nodeSqliteDialect(file: string): SqliteDialect {
  const sqlite = new DatabaseSync(file);
  const database: SqliteDatabase = {
    close: () => sqlite.close(),
    prepare(sql) {
      const statement = sqlite.prepare(sql);
      const valuesOf = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...valuesOf(parameters)),
        run: (parameters) => statement.run(...valuesOf(parameters)),
        iterate: (parameters) => statement.iterate(...valuesOf(parameters)),
      };
    },
  };
  return new SqliteDialect({ database });
}

import type { CompiledQuery, QueryResult } from 'kysely';
import type { DirectConnection } from '../direct-connection.ts';
import { isStatement, statementMark } from '../statement-mark.ts';
import { prepareToKeep } from './prepare-to-keep.ts';
import type { SqliteDatabase } from './sqlite-database.ts';
import { createWriteBack } from './write-back.ts';

type Statement = ReturnType<SqliteDatabase['prepare']>;

const begin = `begin immediate${statementMark}`;
const commit = `commit${statementMark}`;
const rollback = `rollback${statementMark}`;
// Without waiting for a reader or writer.
const checkpoint = `pragma wal_checkpoint(passive)${statementMark}`;

/** Runs statements of ours, each prepared once. */
export function createDirectConnection(database: Pick<SqliteDatabase, 'inTransaction' | 'prepare'>): DirectConnection {
  const statements = new Map<string, Statement>();

  function prepare(sql: string): Statement {
    const kept = statements.get(sql);
    if (kept !== undefined) return kept;
    const statement = prepareToKeep(database, sql);
    // The text of any other may never come again.
    if (isStatement(sql)) statements.set(sql, statement);
    return statement;
  }

  return {
    isInTransaction: () => database.inTransaction,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the query says
    first: <TRow>({ sql, parameters }: CompiledQuery<TRow>) => prepare(sql).get(...parameters) as TRow | undefined,
    run<TRow>({ sql, parameters }: CompiledQuery<TRow>): QueryResult<TRow> {
      const statement = prepare(sql);
      if (!statement.reader) return { rows: [], numAffectedRows: BigInt(statement.run(parameters).changes) };
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the query says
      return { rows: statement.all(parameters) as TRow[] };
    },
    transaction(work) {
      // A reader that becomes a writer later may find that another has written.
      prepare(begin).run([]);
      try {
        const result = work();
        prepare(commit).run([]);
        return result;
      } catch (error) {
        // A full disk makes SQLite roll back by itself.
        if (database.inTransaction) prepare(rollback).run([]);
        throw error;
      }
    },
    openWriteBack: () =>
      createWriteBack(database, () => {
        if (!database.inTransaction) prepare(checkpoint).all([]);
      }),
  };
}

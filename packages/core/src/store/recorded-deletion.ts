import { sql, type CompiledQuery, type Expression, type Kysely, type RawBuilder, type SqlBool } from 'kysely';
import type { Ending } from '../session/session-end.ts';
import { compileForIds, compileOnce, type Parameter } from './compiled-query.ts';
import type { Dialect } from './dialect.ts';
import type { RecordQueries, StoredEnding } from './record-queries.ts';
import type { SessionsDatabase } from './schema.ts';

/**
 * The statements of a deletion, in their order. The last one deletes; one before it records how the sessions end, unless the
 * last does both.
 */
export type Deletion = readonly CompiledQuery[];

/** Selects the sessions to delete. */
type Condition<TParameters> = (value: Parameter<TParameters & StoredEnding>) => Expression<SqlBool>;
type ConditionForIds<TParameters> = (
  ids: RawBuilder<string>,
  value: Parameter<TParameters & StoredEnding>,
) => Expression<SqlBool>;

/** Compiles deletions. Each takes an ending to record, or none. */
export interface Deletions {
  readonly deletion: <TParameters extends object>(
    condition: Condition<TParameters>,
  ) => (parameters: TParameters, ending: Ending | undefined) => Deletion;
  readonly deletionForIds: <TParameters extends object>(
    condition: ConditionForIds<TParameters>,
  ) => (ids: readonly string[], parameters: TParameters, ending: Ending | undefined) => Deletion;
}

export function createDeletions(
  db: Kysely<SessionsDatabase>,
  { returnsDeleted, maxListedIds, deletesInSteps }: Dialect,
  sessions: 'sessions',
  records: RecordQueries,
): Deletions {
  // Drivers may leave out how many rows a query changed: so each row counts itself, if the database can return it.
  const deleteWhere = (condition: Expression<SqlBool>) => {
    const query = db.deleteFrom(sessions).where(condition);
    return returnsDeleted ? query.returning(sql.lit(1).as('deleted')) : query.$castTo<{ deleted: number }>();
  };

  function deletion<TParameters extends object>(condition: Condition<TParameters>) {
    type All = TParameters & StoredEnding;
    const remove = compileOnce<All, unknown>((value) => deleteWhere(condition(value)));
    const steps = deletesInSteps
      ? [compileOnce<All, unknown>((value) => records.record(condition(value), value)), remove]
      : [compileOnce<All, unknown>((value) => records.deleteAndRecord(condition(value), value))];
    return (parameters: TParameters, ending: Ending | undefined): Deletion =>
      withEnding(parameters, ending, (all: All, isRecorded) =>
        (isRecorded ? steps : [remove]).map((step) => step(all)),
      );
  }

  function deletionForIds<TParameters extends object>(condition: ConditionForIds<TParameters>) {
    type All = TParameters & StoredEnding;
    const remove = compileForIds<All, unknown>((ids, value) => deleteWhere(condition(ids, value)), maxListedIds);
    const steps = deletesInSteps
      ? [
          compileForIds<All, unknown>((ids, value) => records.record(condition(ids, value), value), maxListedIds),
          remove,
        ]
      : [
          compileForIds<All, unknown>(
            (ids, value) => records.deleteAndRecord(condition(ids, value), value),
            maxListedIds,
          ),
        ];
    return (ids: readonly string[], parameters: TParameters, ending: Ending | undefined): Deletion =>
      withEnding(parameters, ending, (all: All, isRecorded) =>
        (isRecorded ? steps : [remove]).map((step) => step(ids, all)),
      );
  }

  function withEnding<TParameters extends object>(
    parameters: TParameters,
    ending: Ending | undefined,
    run: (all: TParameters & StoredEnding, isRecorded: boolean) => Deletion,
  ): Deletion {
    const stored = records.store(ending ?? { at: 0, cause: 'revoked' });
    return run({ ...parameters, ...stored }, ending !== undefined);
  }

  return { deletion, deletionForIds };
}

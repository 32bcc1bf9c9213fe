import { sql, type Compilable, type CompiledQuery, type Kysely, type RawBuilder } from 'kysely';
import { oneRowMark, statementMark } from '../drivers/statement-mark.ts';
import type { SessionsDatabase } from './schema.ts';

/** Stands for a value in a query that is being built: each run supplies the value. */
export type Parameter<TParameters> = <TName extends keyof TParameters>(name: TName) => RawBuilder<TParameters[TName]>;

/** A query that is built and compiled: a run only supplies its parameters. */
export type Statement<TParameters, TRow> = (parameters: TParameters) => CompiledQuery<TRow>;

/**
 * Builds and compiles a query once, when it is first needed: to compile all queries takes most of the time to create a manager. The SQL
 * is then the same string at every run, by which drivers recognise a prepared statement.
 *
 * @param rows - `'one'` for a query that finds one row at most: drivers may stop at the first
 */
export function compileOnce<TParameters, TRow>(
  build: (parameter: Parameter<TParameters>) => Compilable<TRow>,
  rows: 'one' | 'any' = 'any',
): Statement<TParameters, TRow> {
  let statement: Statement<TParameters, TRow> | undefined;
  return (parameters) => {
    statement ??= compile(build, rows);
    return statement(parameters);
  };
}

function compile<TParameters, TRow>(
  build: (parameter: Parameter<TParameters>) => Compilable<TRow>,
  rows: 'one' | 'any',
): Statement<TParameters, TRow> {
  const slots = new Map<unknown, keyof TParameters>();
  const compiled = build((name) => {
    const slot = Object.freeze({ slot: name });
    slots.set(slot, name);
    return sql`${slot}`;
  }).compile();
  const { query, queryId, parameters: values } = compiled;
  const text = compiled.sql + (rows === 'one' ? oneRowMark : statementMark);
  const names = values.map((value) => slots.get(value));
  return (parameters) => ({
    sql: text,
    query,
    queryId,
    parameters: names.map((name, index) => (name === undefined ? values[index] : parameters[name])),
  });
}

/** Compiles SQL that is written as a text. */
export function compileSql<TParameters, TRow>(
  db: Kysely<SessionsDatabase>,
  build: (parameter: Parameter<TParameters>) => RawBuilder<TRow>,
): Statement<TParameters, TRow> {
  return compileOnce((parameter) => ({ compile: () => build(parameter).compile(db) }));
}

/** The parameters of a statement on several ids, and the ids by number. */
type WithIds<TParameters> = TParameters & Readonly<Record<number, string>>;

/** Builds a query on several ids. @param ids - a list, to compare with `in` */
export type BuildForIds<TParameters, TRow> = (
  ids: RawBuilder<string>,
  parameter: Parameter<TParameters>,
) => Compilable<TRow>;

/** A query on several ids, which a run supplies with the other parameters. */
export type StatementForIds<TParameters, TRow> = (
  ids: readonly string[],
  parameters: TParameters,
) => CompiledQuery<TRow>;

/**
 * Compiles a query on several ids for 1, 2, 4, 8 … ids, each when it is first needed. The last id is repeated to fill
 * the list, so that few texts serve every number of ids.
 *
 * @param maxListed - more ids are one parameter, a JSON text as SQLite reads it
 */
export function compileForIds<TParameters extends object, TRow>(
  build: BuildForIds<TParameters, TRow>,
  maxListed: number = Infinity,
): StatementForIds<TParameters, TRow> {
  const statements = new Map<number, Statement<WithIds<TParameters>, TRow>>();

  const compileList = (count: number): Statement<WithIds<TParameters>, TRow> =>
    compileOnce((value) => {
      const values = Array.from({ length: count }, (_, index) => value(index));
      return build(sql`(${sql.join(values)})`, value);
    });
  const compileJson = (): Statement<WithIds<TParameters>, TRow> =>
    compileOnce((value) => build(sql`(select value from json_each(${value(0)}))`, value));

  return (ids, parameters) => {
    const isListed = ids.length <= maxListed;
    const count = isListed ? 2 ** Math.ceil(Math.log2(ids.length)) : Infinity;
    let statement = statements.get(count);
    if (statement === undefined) {
      statement = isListed ? compileList(count) : compileJson();
      statements.set(count, statement);
    }
    // The ids are read by their number: of a list, that is fast.
    const all: string[] = isListed ? [...ids] : [JSON.stringify(ids)];
    if (isListed) for (let place = ids.length; place < count; place += 1) all.push(ids.at(-1) ?? '');
    return statement(Object.assign(all, parameters));
  };
}

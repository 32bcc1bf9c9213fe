import { sql, type Compilable, type CompiledQuery, type RawBuilder } from 'kysely';

/** Stands, in a query being built, for a value that each run fills in. */
export type Parameter<TParameters> = <TName extends keyof TParameters>(name: TName) => RawBuilder<TParameters[TName]>;

/** A query, built and compiled: a run only fills in its parameters. */
export type Statement<TParameters, TRow> = (parameters: TParameters) => CompiledQuery<TRow>;

/** The texts of all statements. Few: a manager has a dozen, and managers of the same table share them. */
const texts = new Set<string>();
/** Those of them that find one row at most. */
const singular = new Set<string>();

/** Answers whether a query is one of ours, whose text comes again and again: worth preparing, unlike what apps ask. */
export function isStatement(text: string): boolean {
  return texts.has(text);
}

/** Answers whether a query is one of ours that finds one row at most. */
export function findsOne(text: string): boolean {
  return singular.has(text);
}

/**
 * Builds and compiles a query once. The SQL is then the same string at every run, which is what drivers
 * recognise a prepared statement by.
 *
 * @param rows - `'one'` where it finds one row at most: drivers may stop at the first
 */
export function compileOnce<TParameters, TRow>(
  build: (parameter: Parameter<TParameters>) => Compilable<TRow>,
  rows: 'one' | 'any' = 'any',
): Statement<TParameters, TRow> {
  const slots = new Map<unknown, keyof TParameters>();
  const {
    sql: text,
    query,
    queryId,
    parameters: values,
  } = build((name) => {
    const slot = Object.freeze({ slot: name });
    slots.set(slot, name);
    return sql`${slot}`;
  }).compile();
  texts.add(text);
  if (rows === 'one') singular.add(text);
  const names = values.map((value) => slots.get(value));
  return (parameters) => ({
    sql: text,
    query,
    queryId,
    parameters: names.map((name, index) => (name === undefined ? values[index] : parameters[name])),
  });
}

/** The parameters of a statement on several ids, and the ids by number. */
type WithIds<TParameters> = TParameters & Readonly<Record<number, string>>;

/**
 * Compiles a query on several ids once for 1, 2, 4, 8 … of them, when first needed: the last id is repeated where they are
 * fewer, so that few texts serve all.
 */
export function compileForIds<TParameters extends object, TRow>(
  build: (ids: RawBuilder<string>[], parameter: Parameter<TParameters>) => Compilable<TRow>,
): (ids: readonly string[], parameters: TParameters) => CompiledQuery<TRow> {
  const statements = new Map<number, Statement<WithIds<TParameters>, TRow>>();
  return (ids, parameters) => {
    const count = 2 ** Math.ceil(Math.log2(ids.length));
    let statement = statements.get(count);
    if (statement === undefined) {
      statement = compileOnce<WithIds<TParameters>, TRow>((value) =>
        build(
          Array.from({ length: count }, (_, index) => value(index)),
          value,
        ),
      );
      statements.set(count, statement);
    }
    const all = Array.from({ length: count }, (_, index) => ids[index] ?? ids.at(-1) ?? '');
    return statement(Object.assign({ ...parameters }, all));
  };
}

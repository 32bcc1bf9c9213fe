import { sql, type Compilable, type CompiledQuery, type RawBuilder } from 'kysely';

/** Stands, in a query being built, for a value that each run fills in. */
export type Parameter<TParameters> = <TName extends keyof TParameters>(name: TName) => RawBuilder<TParameters[TName]>;

/** A query, built and compiled: a run only fills in its parameters. */
export type Statement<TParameters, TRow> = (parameters: TParameters) => CompiledQuery<TRow>;

/** The texts of all statements. Few: a manager has a dozen, and managers of the same table share them. */
const texts = new Set<string>();

/** Answers whether a query is one of ours, whose text comes again and again: worth preparing, unlike what apps ask. */
export function isStatement(text: string): boolean {
  return texts.has(text);
}

/**
 * Builds and compiles a query once. The SQL is then the same string at every run, which is what drivers
 * recognise a prepared statement by.
 */
export function compileOnce<TParameters, TRow>(
  build: (parameter: Parameter<TParameters>) => Compilable<TRow>,
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
  const names = values.map((value) => slots.get(value));
  return (parameters) => ({
    sql: text,
    query,
    queryId,
    parameters: names.map((name, index) => (name === undefined ? values[index] : parameters[name])),
  });
}

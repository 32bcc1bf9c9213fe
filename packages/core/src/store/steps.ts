import type { CompiledQuery, Kysely, QueryResult } from 'kysely';
import type { DirectConnection } from '../drivers/direct-connection.ts';
import type { SessionsDatabase } from './schema.ts';

/**
 * The queries of a piece of work, one after the other: it yields each, and continues with its result. So the same work runs on any
 * connection, and at once where the connection can.
 */
export type Steps<TResult> = Generator<CompiledQuery, TResult, QueryResult<unknown>>;

/** The step that runs one query. */
export function* ask<TRow>(query: CompiledQuery<TRow>): Steps<QueryResult<TRow>> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the result of this very query
  return (yield query) as QueryResult<TRow>;
}

/** Runs steps on a connection, waiting for each. */
export async function runSteps<TResult>(on: Kysely<SessionsDatabase>, steps: Steps<TResult>): Promise<TResult> {
  let step = steps.next();
  while (step.done !== true) step = steps.next(await on.executeQuery(step.value));
  return step.value;
}

/** Runs steps on a connection that answers at once: nothing else runs in between. */
export function runAtOnce<TResult>(on: DirectConnection, steps: Steps<TResult>): TResult {
  let step = steps.next();
  while (step.done !== true) step = steps.next(on.run(step.value));
  return step.value;
}

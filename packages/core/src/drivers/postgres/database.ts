import { Kysely, PostgresDialect, type PostgresPool } from 'kysely';
import { hasFunctions } from '../has-functions.ts';
import { reuseStatements } from './statements.ts';

/** Answers whether a value is a `Pool` of `pg`. */
export function isPostgres(value: unknown): value is PostgresPool {
  return hasFunctions(value, 'connect', 'query', 'end') && 'options' in value && 'totalCount' in value;
}

/** Opens a Kysely on a pool of the app's. Nothing of ours ends it. */
export function openPostgres<TDatabase>(pool: PostgresPool): Kysely<TDatabase> {
  // `pg` replaces a connection that breaks while idle, but its event would end a process without a listener.
  if (hasFunctions(pool, 'on')) pool.on('error', () => {});
  return new Kysely<TDatabase>({ dialect: new PostgresDialect({ pool: reuseStatements(pool) }) });
}

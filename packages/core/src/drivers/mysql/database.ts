import { Kysely, MysqlDialect, type MysqlPool } from 'kysely';
import { hasFunctions } from '../has-functions.ts';
import { reuseStatements } from './statements.ts';

/** A pool of `mysql2`, or one of `mysql2/promise`, which has the other inside. */
export type AnyMysqlPool = MysqlPool | { readonly pool: MysqlPool };

/** Answers whether a value is a pool of `mysql2` or `mysql2/promise`. */
export function isMysql(value: unknown): value is AnyMysqlPool {
  if (!hasFunctions(value, 'getConnection', 'execute', 'end')) return false;
  return hasFunctions(value, 'promise') || 'pool' in value;
}

/** Opens a Kysely on a pool of the app's. Nothing of ours ends it. */
export function openMysql<TDatabase>(pool: AnyMysqlPool): Kysely<TDatabase> {
  const callbacks = 'pool' in pool ? pool.pool : pool;
  return new Kysely<TDatabase>({ dialect: new MysqlDialect({ pool: reuseStatements(callbacks) }) });
}

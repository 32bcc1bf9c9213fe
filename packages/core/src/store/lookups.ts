import type { CompiledQuery, Kysely } from 'kysely';
import type { DirectConnection } from '../drivers/direct-connection.ts';
import { isReused } from '../drivers/reused-answers.ts';
import type { LookedUpRow } from '../session/session.ts';
import { batchLookups, type Find } from './batch-lookups.ts';
import { readNumbers } from './columns.ts';
import type { Queries } from './queries.ts';
import type { SessionsDatabase } from './schema.ts';
import type { TimeLimit } from './time-limit.ts';

/** Looks a session up: at once, where the connection can. */
export type LookUp = (id: string) => LookedUpRow | undefined | Promise<LookedUpRow | undefined>;

/** The parts that look sessions up. */
export interface LookupParts {
  readonly queries: Pick<Queries, 'find' | 'findMany'>;
  readonly readDb: Kysely<SessionsDatabase>;
  /** The connection below `readDb`, if it runs queries at once. */
  readonly readDirect: DirectConnection | undefined;
  readonly limitTime: TimeLimit;
  readonly isRemote: boolean;
}

/** Chooses how look-ups ask the database: at once, one by one, or together. */
export function createLookups({ queries, readDb, readDirect, limitTime, isRemote }: LookupParts): LookUp {
  let reusesStatements = false;

  async function ask(query: CompiledQuery<LookedUpRow>): Promise<readonly LookedUpRow[]> {
    const { rows } = await limitTime(() => readDb.executeQuery(query));
    reusesStatements ||= isReused(rows);
    return rows.map(readNumbers);
  }

  const askForOne: Find<LookedUpRow> = async (id) => {
    const [row] = await ask(queries.find(id));
    return row;
  };

  const gather = batchLookups<LookedUpRow>({ find: askForOne, findMany: (ids) => ask(queries.findMany(ids)) });

  return (id) => {
    if (readDirect === undefined || readDirect.isInTransaction()) {
      // Within the process, a statement that is prepared already takes less time than to wait for others.
      return reusesStatements && !isRemote ? askForOne(id) : gather(id);
    }
    const row = readDirect.first(queries.find(id));
    return row && readNumbers(row);
  };
}

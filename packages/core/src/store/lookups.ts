import type { CompiledQuery, Kysely } from 'kysely';
import { connectionBelow, type LookupConnection } from '../drivers/connection-below.ts';
import type { SessionState } from '../session/session-state.ts';
import type { LookedUpRow } from '../session/session.ts';
import { batchLookups } from './batch-lookups.ts';
import { readNumbers, readStateNumbers } from './columns.ts';
import type { Queries } from './queries.ts';
import type { SessionsDatabase } from './schema.ts';
import type { TimeLimit } from './time-limit.ts';

/** Looks a session up: at once, if the connection can. */
export type LookUp<TFound = LookedUpRow> = (id: string) => TFound | undefined | Promise<TFound | undefined>;

/** The look-ups of sessions by their id. */
export interface Lookups {
  readonly find: LookUp;
  /** Looks up only the state of a session. */
  readonly findState: LookUp<SessionState>;
}

/** The parts that look sessions up. */
export interface LookupParts {
  readonly queries: Pick<Queries, 'find' | 'findMany' | 'findState' | 'findStates'>;
  readonly readDb: Kysely<SessionsDatabase>;
  /** The connection below `readDb`, if it runs queries at once. */
  readonly readDirect: LookupConnection | undefined;
  readonly limitTime: TimeLimit;
}

/** How something is looked up. */
interface Lookup<TFound> {
  readonly one: (id: string) => CompiledQuery<TFound>;
  readonly many: (ids: readonly string[]) => CompiledQuery<TFound & { readonly id: string }>;
  readonly read: <TRow extends TFound>(row: TRow) => TRow;
}

/** Chooses how look-ups ask the database: at once if the connection can, or else together. */
export function createLookups({ queries, readDb, readDirect, limitTime }: LookupParts): Lookups {
  /** The connection below a Kysely of the app. A driver of the app may choose among several databases: then there is none. */
  let learned: LookupConnection | undefined;
  let hasSeveral = false;

  async function ask<TRow>(query: CompiledQuery<TRow>): Promise<readonly TRow[]> {
    const { rows } = await limitTime(() => readDb.executeQuery(query));
    const below = connectionBelow(rows);
    if (below !== undefined) {
      hasSeveral ||= learned !== undefined && learned !== below;
      learned = hasSeveral ? undefined : below;
    }
    return rows;
  }

  function createLookup<TFound>({ one, many, read }: Lookup<TFound>): LookUp<TFound> {
    const gather = batchLookups<TFound>({
      async find(id) {
        const [row] = await ask(one(id));
        return row && read(row);
      },
      findMany: async (ids) => (await ask(many(ids))).map(read),
    });
    return (id) => {
      const direct = readDirect ?? learned;
      if (direct === undefined || direct.isInTransaction()) return gather(id);
      const row = direct.first(one(id));
      // Only the Kysely refuses: it may choose another database for this request.
      if (row === undefined && direct === learned) return gather(id);
      return row && read(row);
    };
  }

  return {
    find: createLookup<LookedUpRow>({
      one: (id) => queries.find(id),
      many: (ids) => queries.findMany(ids),
      read: readNumbers,
    }),
    findState: createLookup<SessionState>({
      one: (id) => queries.findState(id),
      many: (ids) => queries.findStates(ids),
      read: readStateNumbers,
    }),
  };
}

import { chunksOf } from '../chunks.ts';
import { sessionsToEvict, type SessionCap } from '../session/session-cap.ts';
import { isGoodGeneration } from '../session/generation.ts';
import type { Ending } from '../session/session-end.ts';
import type { SessionRow } from '../session/session.ts';
import { readNumbers } from './columns.ts';
import { maxIdsPerStatement, type Deletes } from './run-deletes.ts';
import type { RevocationOrder } from './order/revocation-order.ts';
import type { Queries } from './queries.ts';
import { ask, type Steps } from './steps.ts';
import type { SessionKey } from './update-queries.ts';
import type { AppTransaction, Writes } from './writes.ts';

/** How a row is inserted. */
export interface InsertOptions {
  readonly cap?: SessionCap | undefined;
  /** The mark from before the sign-in: after a revocation since then, nothing is inserted. */
  readonly since?: string | undefined;
  /** The session that the new one replaces. The same user's name and data go along, unless the row has data of its own. */
  readonly replaces?: ReplacedRow | undefined;
}

/** The session that a new one replaces. */
export interface ReplacedRow extends SessionKey {
  /** The generation of the token that names it. One that a reissued token has replaced names none. */
  readonly generation: number;
  /** Whether its data goes along. */
  readonly keepsData: boolean;
}

/** The sessions that made room for a new one. */
export interface Inserted {
  readonly evicted: readonly string[];
  /** Whether the session to replace existed. */
  readonly hasReplaced: boolean;
  /** As it was written. */
  readonly row: SessionRow;
}

/**
 * Inserts a row. In the same transaction it deletes the session to replace, and evicts the user's least recently seen live
 * sessions beyond the cap. It runs in the app's transaction if one is given. `undefined`: all of the user's sessions were
 * revoked since the mark, and nothing was inserted.
 */
export type Insert = (
  row: SessionRow,
  options: InsertOptions,
  trx: AppTransaction | undefined,
) => Promise<Inserted | undefined>;

/** The parts of the store that insert sessions. */
interface InsertParts {
  readonly queries: Queries;
  readonly order: RevocationOrder;
  readonly writes: Writes;
  readonly deletes: Deletes;
  /** The end to record; `undefined` if none are recorded. */
  readonly recorded: (ending: Ending) => Ending | undefined;
}

export function createInsert({ queries, order, writes, deletes, recorded }: InsertParts): Insert {
  /** The new session did it. Another user must not know its id. */
  const endingBy = (
    { id, user_id, created_at: at }: SessionRow,
    cause: 'evicted' | 'replaced',
    ofUser: string,
  ): Ending | undefined => recorded({ at, cause, bySession: ofUser === user_id ? id : undefined });

  function* evict(row: SessionRow, cap: SessionCap, isLocked: boolean): Steps<readonly string[]> {
    const { user_id: userId } = row;
    const { rows } = yield* ask(queries.listToEvict(userId, cap.live));
    const live = rows.map(({ id, last_seen_at }) => ({ id, last_seen_at: Number(last_seen_at) }));
    const ids = sessionsToEvict(live, row.id, cap);
    if (ids.length === 0) return [];
    const ending = endingBy(row, 'evicted', userId);
    if (isLocked) {
      yield* deletes.runForIds(userId, ids, ending);
      return ids;
    }
    // Other sign-ins may evict at the same time: together, they must not go below the cap.
    for (const chunk of chunksOf(ids, maxIdsPerStatement)) {
      yield* deletes.runAll(queries.evict(userId, chunk, cap.max, cap.live, ending));
    }
    const listed = yield* ask(queries.list(userId, cap.live));
    const left = new Set(listed.rows.map(({ id }) => id));
    return ids.filter((id) => !left.has(id));
  }

  /** Finds the session to replace, if its token is still good. */
  function* findReplaced({ userId, id, generation }: ReplacedRow, now: number): Steps<SessionRow | undefined> {
    const { rows } = yield* ask(queries.findToReplace(userId, id));
    return rows.map(readNumbers).find((row) => isGoodGeneration(row, generation, now));
  }

  return (newRow, { cap, since, replaces }, trx) => {
    const userId = newRow.user_id;
    function* isRefused(): Steps<boolean> {
      return since !== undefined && (yield* order.hasRevokedSince(userId, since));
    }
    function* insertAndEvict(isLocked: boolean): Steps<Inserted | undefined> {
      if (yield* isRefused()) return undefined;
      const found = replaces && (yield* findReplaced(replaces, newRow.created_at));
      // The user's own name for the session and its data go along.
      const row =
        found?.user_id === userId
          ? { ...newRow, name: found.name, data: replaces?.keepsData === true ? found.data : newRow.data }
          : newRow;
      yield* ask(queries.insert(row));
      // Without a lock, a revocation may have come in between. It is recorded first: either it deletes the row, or we do.
      if (!isLocked && (yield* isRefused())) {
        yield* deletes.runForIds(userId, [row.id], undefined);
        return undefined;
      }
      const replaced =
        found === undefined
          ? 0
          : yield* deletes.runForIds(found.user_id, [found.id], endingBy(row, 'replaced', found.user_id));
      const evicted = cap === undefined ? [] : yield* evict(row, cap, isLocked);
      return { evicted, hasReplaced: replaced > 0, row };
    }
    const needsLock = cap !== undefined || since !== undefined || replaces !== undefined;
    return needsLock ? writes.runLocked(userId, trx, insertAndEvict) : writes.runIn(trx, () => insertAndEvict(true));
  };
}

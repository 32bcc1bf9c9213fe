import type { Ending } from '../session/session-end.ts';
import type { Deletes } from './run-deletes.ts';
import type { Dialect } from './dialect.ts';
import { evenIfFull } from './even-if-full.ts';
import type { MarkNumbers } from './mark-numbers.ts';
import type { RevocationOrder } from './order/revocation-order.ts';
import type { Queries } from './queries.ts';
import { ask } from './steps.ts';
import type { AppTransaction, Writes } from './writes.ts';

/** Deletes the rows of sessions that are revoked, and records how they ended. */
export interface Revocations {
  deleteMany(userId: string, ids: readonly string[], ending: Ending, trx?: AppTransaction): Promise<number>;
  /** Deletes all of a user's rows but one. That one must exist: otherwise it deletes nothing and returns `undefined`. */
  deleteOthers(userId: string, currentId: string, ending: Ending, trx?: AppTransaction): Promise<number | undefined>;
  deleteAll(userId: string, ending: Ending, trx?: AppTransaction): Promise<number>;
  /** Deletes those of the sessions that were issued before a time. Returns how many. */
  deleteIssuedBefore(ids: readonly string[], time: number, ending: Ending): Promise<number>;
}

/** The parts that revoke sessions. */
export interface RevocationParts {
  readonly dialect: Dialect;
  readonly queries: Pick<Queries, 'deleteOthers' | 'deleteAll' | 'deleteIssuedBefore' | 'findToKeep'>;
  readonly order: Pick<RevocationOrder, 'record'>;
  readonly writes: Pick<Writes, 'runLocked'>;
  readonly deletes: Deletes;
  readonly markNumbers: Pick<MarkNumbers, 'end'>;
  /** Runs a deletion with its records. */
  readonly runDelete: Writes['runIn'];
  /** The ending to record, if records are kept. */
  readonly recorded: (ending: Ending) => Ending | undefined;
}

export function createRevocations({
  dialect,
  queries,
  order,
  writes,
  deletes,
  markNumbers,
  runDelete,
  recorded,
}: RevocationParts): Revocations {
  return {
    deleteMany: (userId, ids, ending, trx) =>
      evenIfFull(dialect, trx, recorded(ending), (kept) => runDelete(trx, () => deletes.runForIds(userId, ids, kept))),
    deleteOthers: (userId, currentId, ending, trx) =>
      evenIfFull(dialect, trx, recorded(ending), (kept) =>
        writes.runLocked(userId, trx, function* () {
          yield* order.record(userId);
          // Two sessions may do this to each other at once: the second must find that it is gone.
          const count = yield* deletes.runAll(queries.deleteOthers(userId, currentId, kept));
          if (count > 0) return count;
          const { rows } = yield* ask(queries.findToKeep(userId, currentId));
          return rows.length > 0 ? 0 : undefined;
        }),
      ),
    deleteAll: (userId, ending, trx) =>
      evenIfFull(dialect, trx, recorded(ending), (kept) =>
        writes.runLocked(userId, trx, function* () {
          yield* order.record(userId);
          yield* markNumbers.end(userId);
          return yield* deletes.runAll(queries.deleteAll(userId, kept));
        }),
      ),

    deleteIssuedBefore: (ids, time, ending) =>
      evenIfFull(dialect, undefined, recorded(ending), (kept) =>
        runDelete(undefined, () => deletes.runAll(queries.deleteIssuedBefore(ids, time, kept))),
      ),
  };
}

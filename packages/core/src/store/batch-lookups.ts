// A test that replaces timers does not hold up the look-ups. Cloudflare Workers may have no `setImmediate`.
const { setTimeout } = globalThis;
const { setImmediate }: { readonly setImmediate?: (work: () => void) => unknown } = globalThis;
const atEndOfTurn = setImmediate ?? ((work) => setTimeout(work, 0));

/** A look-up by id. */
export type Find<TRow> = (id: string) => Promise<TRow | undefined>;

/** The queries of look-ups. */
export interface LookupQueries<TRow> {
  readonly find: Find<TRow>;
  /** Finds several rows at once, in any order. The ids are distinct. */
  readonly findMany: (ids: readonly string[]) => Promise<readonly (TRow & { readonly id: string })[]>;
}

const maxIdsPerLookup = 256;

interface Lookup<TRow> {
  readonly promise: Promise<TRow | undefined>;
  resolve(row: TRow | undefined): void;
  reject(error: unknown): void;
}

type Batch<TRow> = Map<string, Lookup<TRow>>;

/**
 * Batches the look-ups of one turn of the event loop into one query: a busy server asks its database once for all the
 * requests that arrived together. A single look-up runs as the single query. A query that fails rejects its own
 * look-ups only, and no query waits for another.
 */
export function batchLookups<TRow>({ find, findMany }: LookupQueries<TRow>): Find<TRow> {
  let waiting: Batch<TRow> | undefined;

  async function run(batch: Batch<TRow>): Promise<void> {
    if (waiting === batch) waiting = undefined;
    try {
      const ids = [...batch.keys()];
      const [first] = ids;
      if (first !== undefined && ids.length === 1) return batch.get(first)?.resolve(await find(first));
      for (const row of await findMany(ids)) batch.get(row.id)?.resolve(row);
      // The other rows do not exist. A promise that is already resolved ignores this.
      for (const lookup of batch.values()) lookup.resolve(undefined);
    } catch (error) {
      for (const lookup of batch.values()) lookup.reject(error);
    }
  }

  return (id) => {
    if (waiting === undefined) {
      const batch: Batch<TRow> = new Map();
      waiting = batch;
      // Later than microtasks: each socket that is read in the same turn runs its own microtasks first.
      atEndOfTurn(() => {
        if (waiting === batch) void run(batch);
      });
    }
    let lookup = waiting.get(id);
    if (lookup === undefined) {
      lookup = Promise.withResolvers<TRow | undefined>();
      waiting.set(id, lookup);
      if (waiting.size === maxIdsPerLookup) void run(waiting);
    }
    return lookup.promise;
  };
}

/** A look-up by id. */
export type Find<TRow> = (id: string) => Promise<TRow | undefined>;

/** What look-ups are made of. */
export interface LookupQueries<TRow> {
  readonly find: Find<TRow>;
  /** Finds several at once, in whatever order. The ids are distinct. */
  readonly findMany: (ids: readonly string[]) => Promise<readonly (TRow & { readonly id: string })[]>;
}

/** How many ids one query asks for at most. */
const maxIds = 256;

interface Lookup<TRow> {
  readonly promise: Promise<TRow | undefined>;
  resolve(row: TRow | undefined): void;
  reject(error: unknown): void;
}

type Batch<TRow> = Map<string, Lookup<TRow>>;

/**
 * Gathers the look-ups of one turn of the event loop into one query: a busy server asks its database once for all the
 * requests that came in together. A look-up alone is asked alone. A query that fails fails its own look-ups only, and
 * no query waits for another.
 */
export function gatherLookups<TRow>({ find, findMany }: LookupQueries<TRow>): Find<TRow> {
  let waiting: Batch<TRow> | undefined;

  async function ask(batch: Batch<TRow>): Promise<void> {
    if (waiting === batch) waiting = undefined;
    try {
      const ids = [...batch.keys()];
      const [first] = ids;
      if (first !== undefined && ids.length === 1) return batch.get(first)?.resolve(await find(first));
      for (const row of await findMany(ids)) batch.get(row.id)?.resolve(row);
      // What the database did not name is not there; a promise that is settled takes no notice.
      for (const lookup of batch.values()) lookup.resolve(undefined);
    } catch (error) {
      for (const lookup of batch.values()) lookup.reject(error);
    }
  }

  return (id) => {
    if (waiting === undefined) {
      const batch: Batch<TRow> = new Map();
      waiting = batch;
      // Not the microtasks' end: sockets that are read in the same turn have theirs one after the other.
      setImmediate(() => {
        if (waiting === batch) void ask(batch);
      });
    }
    let lookup = waiting.get(id);
    if (lookup === undefined) {
      lookup = Promise.withResolvers<TRow | undefined>();
      waiting.set(id, lookup);
      if (waiting.size === maxIds) void ask(waiting);
    }
    return lookup.promise;
  };
}

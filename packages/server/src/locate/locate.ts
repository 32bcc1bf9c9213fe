import { LRUCache } from 'lru-cache';

/**
 * Finds the place of an IP address: "Lisbon, Portugal"; `null` when it is not known.
 *
 * @param opts.signal - aborted at the deadline, after which the place is `null` for this answer
 */
export type Locate = (ip: string, opts: { readonly signal: AbortSignal }) => string | null | Promise<string | null>;

/** Finds places for answers that must not wait: it never rejects, and never takes longer than the deadline. */
export type Locator = (ip: string | null) => Promise<string | null>;

const maxAddresses = 1000;
/** How long a place is kept, in milliseconds. */
const placeLifetime = 60 * 60 * 1000;
/** How long an address without an answer is left alone. */
const failureLifetime = 60 * 1000;

/** @param timeout - the deadline, in milliseconds */
export function createLocator(locate: Locate | undefined, timeout: number): Locator {
  if (locate === undefined) return () => Promise.resolve(null);
  const places = new LRUCache<string, Promise<string | null>>({
    max: maxAddresses,
    ttl: placeLifetime,
    // Found at each call: tests replace the global.
    perf: { now: () => performance.now() },
  });

  /** `undefined` when the locator fails. */
  async function ask(ip: string, signal: AbortSignal): Promise<string | null | undefined> {
    try {
      const place: unknown = await locate?.(ip, { signal });
      return typeof place === 'string' ? place : null;
    } catch {
      // A session without a place is better than none.
      return undefined;
    }
  }

  async function find(ip: string): Promise<string | null> {
    const signal = AbortSignal.timeout(timeout);
    const answer = ask(ip, signal);
    const place = await Promise.race([answer, abortOf(signal)]);
    if (place !== undefined) return place;
    places.set(ip, Promise.resolve(null), { ttl: failureLifetime });
    // A late answer serves the next request.
    void answer.then((late) => late !== undefined && places.set(ip, Promise.resolve(late)));
    return null;
  }

  return (ip) => {
    if (ip === null) return Promise.resolve(null);
    let place = places.get(ip);
    if (place === undefined) places.set(ip, (place = find(ip)));
    return place;
  };
}

function abortOf(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

// oxlint-disable-next-line typescript/triple-slash-reference -- the file is no module, so it cannot be imported
/// <reference path="./rate-limiter-files.d.ts" />
import RateLimiterRes from 'rate-limiter-flexible/lib/RateLimiterRes.js';
import RateLimiterStoreAbstract from 'rate-limiter-flexible/lib/RateLimiterStoreAbstract.js';
import type { Count, CountStore } from './counts.ts';
import type { Ask, LimiterOptions } from './rate-limiters.ts';

/** A limiter over a store of ours: of rate-limiter-flexible's own, none has a bound, our clock, or a Kysely. */
export class StoreLimiter extends RateLimiterStoreAbstract {
  readonly #store: CountStore;
  readonly #clock: () => number;
  readonly #ask: Ask;
  readonly #options: LimiterOptions;

  constructor(store: CountStore, clock: () => number, options: LimiterOptions) {
    const { points, duration, insuranceLimiter } = options;
    super({ storeClient: store, keyPrefix: '', points, duration, ...(insuranceLimiter && { insuranceLimiter }) });
    this.#store = store;
    this.#clock = clock;
    this.#ask = options.ask ?? ((question) => question());
    this.#options = options;
  }

  // The methods that rate-limiter-flexible asks of a store.

  _upsert(key: string, points: number, duration: number): Promise<Count> {
    const { points: max, isWaiting } = this.#options;
    return this.#ask(() => this.#store.change(key, { points, max, duration, isWaiting }, this.#clock()));
  }

  _delete(key: string): Promise<boolean> {
    return this.#ask(() => this.#store.delete(key));
  }

  _getRateLimiterRes(_key: string, _change: number, { points, expiresAt }: Count): RateLimiterRes {
    return new RateLimiterRes(Math.max(0, this.points - points), expiresAt - this.#clock(), points);
  }
}

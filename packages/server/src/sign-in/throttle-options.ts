import type { AttemptStoreName } from '@trpc-sessions/core';
import { requireKnownOptions, type KnownOptions } from '../known-options.ts';
import type { AccountOf } from './account-name.ts';
import type { Limiter } from './limiter.ts';

/** How attempts to sign in are limited. */
export interface ThrottleOptions<TCredentials = unknown> {
  /** Names the account that credentials are for. @defaultValue their `username`, or their `email` */
  readonly account?: AccountOf<TCredentials> | undefined;
  /** How many wrong guesses an account has before the first wait. @defaultValue 10 */
  readonly attemptsPerAccount?: number | undefined;
  /**
   * How many wrong guesses a network has before the first wait: an IPv4 address, or the /64 of an IPv6 address. `Infinity` counts
   * no networks, for a server that sees only the address of its proxy. @defaultValue 30
   */
  readonly attemptsPerNetwork?: number | undefined;
  /**
   * Where attempts are counted. `'database'` and `'redis'` count those of all processes together. While they fail, each
   * process counts by itself, and the manager's event `fault` reports it.
   * @defaultValue `'redis'` if the manager's bus is a `redisBus`, or else `'memory'`
   */
  readonly store?: AttemptStoreName | undefined;
  /** Counts the attempts in its own way. @defaultValue the manager counts them */
  readonly limiter?: Limiter | undefined;
}

const known: KnownOptions<ThrottleOptions> = {
  account: true,
  attemptsPerAccount: true,
  attemptsPerNetwork: true,
  store: true,
  limiter: true,
};

/** @throws {TypeError} the option `throttle` is wrong: the message names its part */
export function checkThrottle(throttle: unknown): void {
  if (throttle === undefined || throttle === false) return;
  if (typeof throttle !== 'object' || throttle === null) throw new TypeError('throttle: expected false or its options');
  const options: ThrottleOptions = throttle;
  requireKnownOptions('throttle.', options, known);
  for (const name of ['account', 'limiter'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'function') {
      throw new TypeError(`throttle.${name}: expected a function`);
    }
  }
  for (const name of ['attemptsPerAccount', 'attemptsPerNetwork'] as const) {
    const count = options[name];
    if (count !== undefined && count !== Infinity && !(Number.isInteger(count) && count >= 1)) {
      throw new TypeError(`throttle.${name}: expected a whole number of at least 1`);
    }
  }
}

// oxlint-disable-next-line typescript/triple-slash-reference -- the file is no module, so it cannot be imported
/// <reference path="../../sign-in/rate-limiter-files.d.ts" />
import { within } from '../../bus/timeouts.ts';
import type { CreateLimiter } from '../../sign-in/rate-limiters.ts';

/** Runs a script of Redis on one key. Rejects at once if the client knows that it is not connected. */
export type RunScript = (script: string, key: string, parameters: readonly string[]) => Promise<unknown>;

/**
 * The rule of `sign-in/counts.ts`, in place of the script of rate-limiter-flexible, which also counts points that are refused,
 * and begins no duration again. It has the same parameters: the points to add, the duration in seconds, and the limit.
 */
const changeScript = `
local added = tonumber(ARGV[1])
local points = tonumber(redis.call('get', KEYS[1]) or 0) + added
if points < 1 then redis.call('del', KEYS[1])
elseif added < 0 then redis.call('incrby', KEYS[1], added)
elseif points <= tonumber(ARGV[3]) then redis.call('set', KEYS[1], points, 'EX', ARGV[2]) end
return { points, redis.call('pttl', KEYS[1]) }
`;

/** How long a sign-in waits for Redis, in milliseconds. */
const limit = 2000;

/**
 * Creates limiters in Redis or Valkey. A key lives for as long as its count, by the clock of the server.
 *
 * @param prefix - that of the keys
 */
export function createRedisLimiters(run: RunScript, prefix: string): CreateLimiter {
  return async ({ points, duration, insuranceLimiter, ask = (question) => question() }) => {
    const { default: RateLimiterRedis } = await import('rate-limiter-flexible/lib/RateLimiterRedis.js');
    const runInTime = (script: string, key: string, parameters: readonly string[]): Promise<unknown> =>
      ask(() => within(limit, run(script, key, parameters), 'throttle: Redis did not answer in time'));
    return new RateLimiterRedis({
      points,
      duration,
      keyPrefix: `${prefix}:attempts`,
      customIncrTtlLuaScript: changeScript,
      ...(insuranceLimiter && { insuranceLimiter }),
      // Not the app's own client: on one of ioredis, a limiter would define its script as a command, in place of that of the
      // app's own limiters.
      useRedisPackage: true,
      storeClient: {
        eval: (script: string, { keys: [key = ''], arguments: parameters }: { keys: string[]; arguments: string[] }) =>
          runInTime(script, key, parameters),
        del: async (key: string) => Number(await runInTime(`return redis.call('del', KEYS[1])`, key, [])),
      },
    });
  };
}

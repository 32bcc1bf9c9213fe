import { within } from '../../bus/timeouts.ts';
import type { Attempt, AttemptBucket, AttemptStore } from '../../sign-in/attempts.ts';

/** Runs a script of Redis on one key. Rejects at once if the client knows that it is not connected. */
export type RunScript = (script: string, key: string, parameters: readonly string[]) => Promise<unknown>;

/** The rules of `sign-in/attempts.ts`, in one step of the server. Times are those of the process that asks. */
const takeScript = `
local count = redis.call('hmget', KEYS[1], 'attempts', 'wait_until', 'expires_at')
local now, free, first, max, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local attempts, waitUntil = tonumber(count[1] or 0), tonumber(count[2] or 0)
if tonumber(count[3] or 0) <= now then attempts = 0; waitUntil = 0 end
if waitUntil > now then return { waitUntil - now, attempts, 0 } end
attempts = attempts + 1
waitUntil = 0
if attempts >= free then waitUntil = now + math.min(max, first * 2 ^ math.min(attempts - free, 30)) end
redis.call('hset', KEYS[1], 'attempts', attempts, 'wait_until', string.format('%.0f', waitUntil), 'expires_at', string.format('%.0f', now + window))
redis.call('pexpire', KEYS[1], window)
return { 0, attempts, waitUntil }
`;

const giveBackScript = `
local count = redis.call('hmget', KEYS[1], 'attempts', 'wait_until')
if not count[1] then return 0 end
local attempts = tonumber(count[1]) - 1
if attempts < 1 then return redis.call('del', KEYS[1]) end
redis.call('hset', KEYS[1], 'attempts', attempts)
if attempts < tonumber(ARGV[1]) or count[2] == ARGV[2] then redis.call('hset', KEYS[1], 'wait_until', '0') end
return 1
`;

const clearScript = `return redis.call('del', KEYS[1])`;

/** How long a sign-in waits for Redis, in milliseconds. */
const limit = 2000;

/**
 * Counts attempts in Redis or Valkey. A key lives for as long as its count.
 *
 * @param prefix - that of the keys
 */
export function createRedisAttempts(run: RunScript, prefix: string): AttemptStore {
  const onBucket = (script: string, id: string, parameters: readonly (string | number)[]): Promise<unknown> =>
    within(
      limit,
      run(script, `${prefix}:attempts:${id}`, parameters.map(String)),
      'throttle: Redis did not answer in time',
    );

  return {
    async take({ id, free, firstWait, maxWait, window }: AttemptBucket, now): Promise<Attempt> {
      const answer = await onBucket(takeScript, id, [now, free, firstWait, maxWait, window]);
      if (!Array.isArray(answer)) throw new Error('throttle: Redis gave no count');
      const [wait = 0, attempts = 0, waitUntil = 0] = answer.map(Number);
      return { wait, attempts, waitUntil };
    },
    async giveBack({ id, free }, { waitUntil }) {
      await onBucket(giveBackScript, id, [free, waitUntil]);
    },
    clear: async (id) => Number(await onBucket(clearScript, id, [])) > 0,
  };
}

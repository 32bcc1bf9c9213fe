import { describe, expect, test } from 'vitest';
import { livenessOf, liveSince, type LivenessRules } from './liveness.ts';

const row = { expires_at: 10_000, last_seen_at: 5_000 };

describe('a session', () => {
  test.each<[string, number, Partial<LivenessRules>, string]>([
    ['is live before it expires', 9_999, {}, 'live'],
    ['has expired from its expiry on', 10_000, {}, 'expired'],
    ['has not expired within the clock tolerance', 10_999, { clockTolerance: 1000 }, 'live'],
    ['has expired after the clock tolerance', 11_000, { clockTolerance: 1000 }, 'expired'],
    ['is live within the idle timeout', 5_999, { idleTimeout: 1000 }, 'live'],
    ['is idle from the idle timeout on', 6_000, { idleTimeout: 1000 }, 'idle'],
    ['is idle whatever the clock tolerance', 6_000, { idleTimeout: 1000, clockTolerance: 1000 }, 'idle'],
    ['has expired if it is both expired and idle', 10_000, { idleTimeout: 1000 }, 'expired'],
  ])('%s', (_, now, rules, liveness) => {
    expect(livenessOf(row, liveSince(now, { clockTolerance: 0, idleTimeout: Infinity, ...rules }))).toBe(liveness);
  });

  test('that was last seen at time 0 is live without an idle timeout', () => {
    const live = liveSince(0, { clockTolerance: 0, idleTimeout: Infinity });
    expect(livenessOf({ expires_at: 1000, last_seen_at: 0 }, live)).toBe('live');
  });
});

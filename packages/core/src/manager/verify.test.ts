import { expect, test, vi } from 'vitest';
import { createReadIp } from '../session/ip-mode.ts';
import type { SessionRow } from '../session/session.ts';
import { createRow } from '../store/columns.ts';
import { createVerify } from './verify.ts';

const row = createRow({
  id: 'a',
  user_id: 'ada',
  created_at: 0,
  last_seen_at: 0,
  expires_at: 1e12,
  device: '{"os":{},"browser":{},"app":{}}',
});
const claims = { lookup_id: 'secret', sub: 'ada', iat: 0, exp: 1e9 };

function createWorld(find: () => Promise<SessionRow | undefined>) {
  const onRefused = vi.fn();
  const lastSeen = { add: () => true, seenAt: () => -Infinity, flushBriefly: () => Promise.resolve() };
  const verify = createVerify(
    {
      verifyToken: () => ({ id: 'a', userId: 'ada', claims, cached: undefined }),
      find,
      cache: undefined,
      lastSeen,
      findEnd: () => Promise.resolve(undefined),
      onRefused,
    },
    {
      clock: () => 0,
      clockTolerance: 0,
      idleTimeout: Infinity,
      touchInterval: 60_000,
      writesInline: false,
      readIp: createReadIp('full'),
    },
  );
  return { verify, onRefused };
}

test('a refusal is reported with its caller', async () => {
  const { verify, onRefused } = createWorld(() => Promise.resolve(undefined));
  const caller = { ip: '203.0.113.7' };
  await expect(verify('token', caller)).rejects.toMatchObject({ reason: 'revoked_session' });
  expect(onRefused).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ reason: 'revoked_session' }), caller);
});

test('a fault of the database is not reported as a refusal', async () => {
  const { verify, onRefused } = createWorld(() => Promise.reject(new Error('down')));
  await expect(verify('token')).rejects.toThrow('down');
  expect(onRefused).not.toHaveBeenCalled();
});

test('an accepted request is not reported', async () => {
  const { verify, onRefused } = createWorld(() => Promise.resolve(row));
  expect((await verify('token')).session.userId).toBe('ada');
  expect(onRefused).not.toHaveBeenCalled();
});

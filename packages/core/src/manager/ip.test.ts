import { expect, test, vi } from 'vitest';
import { createMigratedDatabase } from '../testing/migrated-database.ts';
import { createSessionManager } from './manager.ts';

test.each([
  ['full', '203.0.113.7', '2001:db8:85a3::1'],
  ['truncated', '203.0.113.0', '2001:db8:85a3::'],
  ['off', null, null],
] as const)('with ip: %j, no other address is stored, returned or emitted', async (ip, first, second) => {
  const db = await createMigratedDatabase();
  let now = Date.now();
  const manager = createSessionManager({ db, keys: 'a secret of more than thirty-two bytes', ip, clock: () => now });
  const [created, rejected] = [vi.fn(), vi.fn()];
  manager.on('created', created);
  manager.on('rejected', rejected);

  const { token, session } = await manager.issue({ userId: 'ada', caller: { ip: '203.0.113.7' } });
  expect(session).toMatchObject({ ip: first, createdIp: first });
  expect(created).toHaveBeenCalledExactlyOnceWith({ session });
  now += 3_600_000;
  const seen = await manager.verify(token, { ip: '2001:db8:85a3::1' });
  expect(seen.session).toMatchObject({ ip: second, createdIp: first });
  await manager.flush();
  const rows = await db.selectFrom('sessions').select(['ip', 'created_ip']).execute();
  expect(rows).toEqual([{ ip: second, created_ip: first }]);
  await expect(manager.verify('a.b.c', { ip: '203.0.113.7' })).rejects.toMatchObject({ reason: 'malformed_token' });
  expect(rejected.mock.calls[0]?.[0]).toMatchObject({ caller: { ip: first } });
  const caller = { ip: '203.0.113.7', userAgent: null, clientHints: null };
  manager.guardSignIns().report('rejected', { reason: 'invalid_credentials', caller });
  expect(rejected.mock.calls[1]?.[0]).toMatchObject({ caller: { ip: first } });
  await manager.close();
  await db.destroy();
});

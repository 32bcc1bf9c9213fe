import {
  createSessionManager,
  localBus,
  memoryCache,
  type AppDatabase,
  type IssuedSession,
  type SessionManager,
  type SessionsDatabase,
} from '@trpc-sessions/core';
import type { Transaction } from 'kysely';
import { expect, test, vi } from 'vitest';
import { secret } from '../support/app.ts';
import type { DatabaseTarget } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';

type Trx = Transaction<SessionsDatabase>;
/** Revokes `ended`, and not `current`, in a transaction. */
type Revoke = (node: SessionManager, ended: string, current: string, trx: Trx) => Promise<number | boolean>;

const calls: [string, Revoke][] = [
  ['revoke', (node, id, _, trx) => node.revoke({ userId: 'ada', id }, { trx })],
  ['revokeMany', (node, id, _, trx) => node.revokeMany({ userId: 'ada', ids: [id] }, { trx })],
  ['revokeOthers', (node, _, currentId, trx) => node.revokeOthers({ userId: 'ada', currentId }, { trx })],
  ['revokeAll', (node, _, __, trx) => node.revokeAll('ada', { trx })],
];

/** Two processes with a cache each. Both have read the sessions of ada. */
async function createWorld(db: AppDatabase<SessionsDatabase>) {
  const bus = localBus();
  const create = () => createSessionManager({ db, keys: secret, bus, cache: memoryCache({ max: 100 }) });
  const nodes = [create(), create()] as const;
  const [revoked, ended] = [vi.fn(), vi.fn()];
  for (const node of nodes) {
    node.on('revoked', revoked);
    node.on('ended', ended);
  }
  const [first, current] = [await nodes[0].issue({ userId: 'ada' }), await nodes[0].issue({ userId: 'ada' })];
  const verifyAll = async ({ token }: IssuedSession): Promise<void> => {
    for (const node of nodes) await node.verify(token);
  };
  for (const session of [first, current]) await verifyAll(session);
  return { nodes, first, current, revoked, ended, verifyAll };
}

/** Revoking sessions in the app's own transactions. */
export function testRevokingInTransactions(target: DatabaseTarget): void {
  describeIf(target.available, `revoking in the app's transaction on ${target.name}`, target.howToEnable, () => {
    test.each(calls)('%s counts, and every process refuses the session after the commit', async (_, revoke) => {
      await using database = await target.create();
      const { nodes, first, current, revoked, ended } = await createWorld(database.own);
      const count = await database.db
        .transaction()
        .execute((trx) => revoke(nodes[0], first.session.id, current.session.id, trx));
      expect(Number(count)).toBeGreaterThan(0);
      expect(revoked).toHaveBeenCalledOnce();
      expect(ended).not.toHaveBeenCalled();
      for (const node of nodes) {
        await expect(node.verify(first.token)).rejects.toMatchObject({ reason: 'revoked_session' });
      }
    });

    test.each(calls)('%s leaves no trace after a rollback', async (_, revoke) => {
      await using database = await target.create();
      const { nodes, first, current, ended, verifyAll } = await createWorld(database.own);
      const rolledBack = database.db.transaction().execute(async (trx) => {
        await revoke(nodes[0], first.session.id, current.session.id, trx);
        throw new Error('rolled back by the app');
      });
      await expect(rolledBack).rejects.toThrow('rolled back by the app');
      for (const session of [first, current]) await verifyAll(session);
      expect(await nodes[0].list('ada')).toHaveLength(2);
      expect(ended).not.toHaveBeenCalled();
    });

    test('revokeOthers of a session that has been revoked is refused, and revokes nothing', async () => {
      await using database = await target.create();
      const { nodes, first, current, verifyAll } = await createWorld(database.own);
      await nodes[0].revoke({ userId: 'ada', id: current.session.id });
      const refused = database.db
        .transaction()
        .execute((trx) => nodes[0].revokeOthers({ userId: 'ada', currentId: current.session.id }, { trx }));
      await expect(refused).rejects.toMatchObject({ reason: 'revoked_session' });
      await verifyAll(first);
    });

    test('revokes only sessions of the user', async () => {
      await using database = await target.create();
      const { nodes, first, current, verifyAll } = await createWorld(database.own);
      await database.db.transaction().execute(async (trx) => {
        expect(await nodes[0].revoke({ userId: 'bob', id: first.session.id }, { trx })).toBe(false);
        expect(await nodes[0].revokeAll('bob', { trx })).toBe(0);
      });
      for (const session of [first, current]) await verifyAll(session);
    });
  });
}

/** For databases that run several transactions at once. */
export function testRevokingWhileOthersRead(target: DatabaseTarget): void {
  describeIf(target.available, `an open transaction that revokes on ${target.name}`, target.howToEnable, () => {
    test.each(calls)(
      '%s: until the commit every process accepts the session, and none caches it',
      async (_, revoke) => {
        await using database = await target.create();
        const { nodes, first, current, verifyAll } = await createWorld(database.own);
        await database.db.transaction().execute(async (trx) => {
          await revoke(nodes[0], first.session.id, current.session.id, trx);
          await verifyAll(first);
        });
        for (const node of nodes) {
          await expect(node.verify(first.token)).rejects.toMatchObject({ reason: 'revoked_session' });
        }
      },
    );

    test('of two sessions that revoke each other at the same time, one stays', async () => {
      await using database = await target.create();
      const { nodes, first, current } = await createWorld(database.own);
      const bothRead = Promise.withResolvers<void>();
      let reads = 0;
      const results = await Promise.allSettled(
        [first, current].map(({ session }) =>
          database.db.transaction().execute(async (trx) => {
            // Under MySQL's default isolation, the first read fixes the snapshot of the transaction.
            await trx.selectFrom('sessions').select('id').execute();
            if ((reads += 1) === 2) bothRead.resolve();
            await bothRead.promise;
            return nodes[0].revokeOthers({ userId: 'ada', currentId: session.id }, { trx });
          }),
        ),
      );
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await nodes[0].list('ada')).toHaveLength(1);
    });
  });
}

import {
  createSessionManager,
  localBus,
  memoryCache,
  type SessionManagerOptions,
  type SessionsDatabase,
} from '@trpc-sessions/core';
import { expect, test, vi } from 'vitest';
import { databaseTimeout, secret } from '../support/app.ts';
import { createTestClock, day, second } from '../support/clock.ts';
import type { DatabaseTarget } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';
import { refused } from './sessions.ts';

/** Two processes on one database, with caches, and a bus between them. */
async function createWorld(target: DatabaseTarget, options: Partial<SessionManagerOptions<SessionsDatabase>> = {}) {
  const database = await target.create();
  const clock = createTestClock();
  const bus = localBus();
  const create = () =>
    createSessionManager({
      db: database.own,
      table: database.table,
      keys: secret,
      databaseTimeout,
      clock,
      bus,
      cache: memoryCache({ max: 100 }),
      ...options,
    });
  const [a, b] = [create(), create()];
  return {
    database,
    clock,
    a,
    b,
    async [Symbol.asyncDispose]() {
      for (const node of [a, b]) await node.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** The name and the data of a session. */
export function testUpdating(target: DatabaseTarget): void {
  describeIf(target.available, `the name and the data of a session on ${target.name}`, target.howToEnable, () => {
    test('change each alone, and the other processes follow', async () => {
      await using w = await createWorld(target);
      const issued = await w.a.issue({ userId: 'ada', data: { theme: 'dark' } });
      const { id, createdAt } = issued.session;
      expect(issued.session).toMatchObject({ name: null, data: { theme: 'dark' }, updatedAt: createdAt });
      for (const node of [w.a, w.b]) await node.verify(issued.token);
      const updated = vi.fn();
      for (const node of [w.a, w.b]) node.on('updated', updated);

      w.clock.advance(second);
      const named = await w.a.update({ userId: 'ada', id, name: 'My laptop' });
      expect(named).toEqual({ ...issued.session, name: 'My laptop', updatedAt: new Date(w.clock()) });
      w.clock.advance(second);
      const changed = await w.b.update({ userId: 'ada', id, data: { theme: 'light' } });
      expect(changed).toEqual({ ...named, data: { theme: 'light' }, updatedAt: new Date(w.clock()) });
      expect(updated.mock.calls).toEqual(Array.from({ length: 4 }, () => [{ userId: 'ada', id }]));

      for (const node of [w.a, w.b]) {
        expect(await node.get({ userId: 'ada', id })).toEqual(changed);
        expect(await node.list('ada')).toEqual([changed]);
        expect((await node.list('ada', { limit: 1 })).sessions).toEqual([changed]);
        const { session } = await node.verify(issued.token);
        expect(session).toMatchObject({ name: 'My laptop', updatedAt: changed?.updatedAt });
      }
      await w.a.update({ userId: 'ada', id, name: null, data: null });
      expect(await w.b.get({ userId: 'ada', id })).toEqual({
        ...issued.session,
        data: undefined,
        updatedAt: changed?.updatedAt,
      });
    });

    test('are those of a live session of that user alone', async () => {
      await using w = await createWorld(target, { lifetime: '1d' });
      const { session } = await w.a.issue({ userId: 'ada' });
      const updated = vi.fn();
      w.a.on('updated', updated);
      const change = { name: 'Mine', data: { a: 1 } };
      expect(await w.a.update({ userId: 'bob', id: session.id, ...change })).toBeNull();
      expect(await w.a.update({ userId: 'ada', id: 'x', ...change })).toBeNull();
      expect(await w.a.update({ userId: 'ada', id: 'a'.repeat(32), ...change })).toBeNull();
      expect(await w.a.get({ userId: 'ada', id: session.id })).toEqual(session);
      w.clock.advance(day);
      expect(await w.a.update({ userId: 'ada', id: session.id, ...change })).toBeNull();
      expect(updated).not.toHaveBeenCalled();
    });

    test.each([
      { theme: 'dark', cart: [1, 2.5, null], nested: { a: { b: true } } },
      ['a', { b: [] }],
      'a text',
      0,
      false,
      { text: 'ünï \u{1f600} \0 \u0007 \ud800 \u2028', 'a.b "c"': "it's \\ %_" },
      JSON.parse('{"__proto__": 1, "constructor": 2}'),
    ])('come back as they are: %j', async (data) => {
      await using w = await createWorld(target);
      const { session } = await w.a.issue({ userId: 'ada', data });
      expect(session.data).toEqual(data);
      expect((await w.a.get({ userId: 'ada', id: session.id }))?.data).toEqual(data);
    });

    test('the data is read only where it is asked for', async () => {
      await using w = await createWorld(target, { cache: undefined });
      const { token, session } = await w.a.issue({ userId: 'ada', data: { theme: 'dark' } });
      w.database.clearQueries();
      expect((await w.a.verify(token)).session).not.toHaveProperty('data');
      expect((await w.a.get({ userId: 'ada', id: session.id, data: false }))?.data).toBeUndefined();
      expect(await w.a.list('ada', { max: 9, data: false })).toEqual([{ ...session, data: undefined }]);
      expect((await w.a.list('ada', { limit: 9, data: false })).sessions[0]?.data).toBeUndefined();
      expect(w.database.queries.filter((text) => /\bdata\b/.test(text))).toEqual([]);
      expect(await w.a.list('ada', { max: 9 })).toEqual([session]);
    });

    test.each([{}, { cache: undefined }])('with lookUpData, each request reads the data: %o', async (cache) => {
      await using w = await createWorld(target, { lookUpData: true, ...cache });
      const { token, session } = await w.a.issue({ userId: 'ada', data: { theme: 'dark' } });
      for (let n = 0; n < 2; n += 1) expect((await w.b.verify(token)).session).toEqual(session);
      await w.a.update({ userId: 'ada', id: session.id, data: { theme: 'light' } });
      expect((await w.b.verify(token)).session.data).toEqual({ theme: 'light' });
    });

    test('go along when the same user signs in again on the same client', async () => {
      await using w = await createWorld(target);
      const first = await w.a.issue({ userId: 'ada', data: { theme: 'dark' } });
      await w.a.update({ userId: 'ada', id: first.session.id, name: 'My laptop' });
      const again = await w.a.issue({ userId: 'ada' }, { replaces: { token: first.token } });
      expect(again.session).toMatchObject({ name: 'My laptop', data: { theme: 'dark' } });
      const third = await w.a.issue({ userId: 'ada', data: { theme: 'new' } }, { replaces: { token: again.token } });
      expect(third.session).toMatchObject({ name: 'My laptop', data: { theme: 'new' } });
      const fourth = await w.a.issue({ userId: 'ada', data: null }, { replaces: { token: third.token } });
      expect(fourth.session).toMatchObject({ name: 'My laptop' });
      expect(fourth.session).not.toHaveProperty('data');
      expect(await w.a.list('ada')).toEqual([fourth.session]);

      const replaces = { token: fourth.token, ofAnyUser: true };
      const { session } = await w.a.issue({ userId: 'bob' }, { replaces });
      expect(session).toMatchObject({ name: null });
      await refused(w.a.verify(fourth.token), 'revoked_session');
    });

    test('no event holds the data', async () => {
      await using w = await createWorld(target);
      const events: unknown[] = [];
      for (const name of ['created', 'updated', 'ended', 'revoked'] as const)
        w.a.on(name, (event) => events.push(event));
      const { session } = await w.a.issue({ userId: 'ada', data: { is: 'private' } });
      await w.a.update({ userId: 'ada', id: session.id, data: { is: 'private too' } });
      await w.a.revoke({ userId: 'ada', id: session.id });
      expect(events).toHaveLength(4);
      expect(JSON.stringify(events)).not.toContain('private');
    });
  });
}

/** For databases that have transactions. */
export function testUpdatingInTransactions(target: DatabaseTarget): void {
  describeIf(target.available, `a change in the app's transaction on ${target.name}`, target.howToEnable, () => {
    test.each(['commit', 'roll back'])('is seen after a %s as the database has it', async (how) => {
      await using w = await createWorld(target);
      const { token, session } = await w.a.issue({ userId: 'ada', data: { n: 1 } });
      for (const node of [w.a, w.b]) await node.verify(token);
      const work = w.database.db.transaction().execute(async (trx) => {
        const changed = await w.a.update({ userId: 'ada', id: session.id, name: 'New', data: { n: 2 } }, { trx });
        expect(changed).toMatchObject({ name: 'New', data: { n: 2 } });
        if (how === 'roll back') throw new Error('rolled back');
      });
      await work.catch(() => {});
      const name = how === 'commit' ? 'New' : null;
      for (const node of [w.a, w.b]) expect((await node.verify(token)).session.name).toBe(name);
      expect(await w.a.get({ userId: 'ada', id: session.id })).toMatchObject({
        name,
        data: { n: how === 'commit' ? 2 : 1 },
      });
    });
  });
}

import { createSessionManager, type IssuedSession, type SessionManager, type SessionPage } from '@trpc-sessions/core';
import { expect, test } from 'vitest';
import { databaseTimeout, secret } from '../support/app.ts';
import { createTestClock, hour, minute, second, type TestClock } from '../support/clock.ts';
import type { DatabaseTarget } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';

/** Signs a user in several times, twice in the same millisecond. */
async function signIn(manager: SessionManager, clock: TestClock, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    if (n !== 1) clock.advance(second);
    await manager.issue({ userId: 'u1' });
  }
}

async function pagesOf(manager: SessionManager, limit: number, between: () => Promise<unknown> = async () => {}) {
  const pages: string[][] = [];
  let cursor: string | null = null;
  do {
    const page: SessionPage = await manager.list('u1', { limit, cursor });
    pages.push(page.sessions.map(({ id }) => id));
    cursor = page.nextCursor;
    await between();
  } while (cursor !== null);
  return pages;
}

/** Lists that are read page by page. */
export function testPages(target: DatabaseTarget): void {
  describeIf(target.available, `the pages of a list on ${target.name}`, target.howToEnable, () => {
    async function world() {
      const database = await target.create();
      const clock = createTestClock();
      const manager = createSessionManager({ db: database.own, keys: secret, databaseTimeout, clock });
      return { database, clock, manager, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
    }

    test.each([
      [1, 7],
      [2, 4],
      [3, 3],
      [7, 1],
      [8, 1],
    ])(
      'of at most %i sessions make up the list of 7 sessions, the newest sign-in first, in %i pages',
      async (limit, count) => {
        await using w = await world();
        await signIn(w.manager, w.clock, 7);
        await w.manager.issue({ userId: 'somebody else' });
        const pages = await pagesOf(w.manager, limit);
        expect(pages.flat()).toEqual((await w.manager.list('u1')).map(({ id }) => id));
        expect(pages).toHaveLength(count);
      },
    );

    test('continue in order when sessions are issued and revoked between them', async () => {
      await using w = await world();
      await signIn(w.manager, w.clock, 6);
      const before = (await w.manager.list('u1')).map(({ id }) => id);
      const pages = await pagesOf(w.manager, 2, async () => {
        w.clock.advance(minute);
        await w.manager.issue({ userId: 'u1' });
        await w.manager.revoke({ userId: 'u1', id: before[1]! });
      });
      expect(pages.flat()).toEqual(before);
    });

    test('miss no session that is used between them', async () => {
      await using w = await world();
      const issued: IssuedSession[] = [];
      for (let n = 0; n < 4; n += 1) {
        w.clock.advance(second);
        issued.push(await w.manager.issue({ userId: 'u1' }));
      }
      const newestFirst = issued.map(({ session }) => session.id).toReversed();
      const pages = await pagesOf(w.manager, 2, async () => {
        w.clock.advance(hour);
        await w.manager.verify(issued[0]!.token);
      });
      expect(pages.flat()).toEqual(newestFirst);
      const [used, ...others] = await w.manager.list('u1');
      expect(used?.id).toBe(newestFirst.at(-1));
      expect(await w.manager.list('u1', { max: 2 })).toEqual([used, others[0]]);
    });

    test('are one empty page for a user without sessions', async () => {
      await using w = await world();
      expect(await w.manager.list('u1', { limit: 5 })).toEqual({ sessions: [], nextCursor: null });
    });
  });
}

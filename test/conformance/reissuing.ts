import {
  createSessionManager,
  isSessionError,
  localBus,
  memoryCache,
  type IssuedSession,
  type SessionManagerOptions,
  type SessionsDatabase,
} from '@trpc-sessions/core';
import fc from 'fast-check';
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
  const nodes = [create(), create()] as const;
  const [a, b] = nodes;
  return {
    database,
    clock,
    nodes,
    a,
    b,
    async [Symbol.asyncDispose]() {
      for (const node of nodes) await node.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** The token of a live session is replaced by one with other claims. */
export function testReissuing(target: DatabaseTarget): void {
  describeIf(target.available, `a reissued token on ${target.name}`, target.howToEnable, () => {
    test('has the new claims, and the session and the expiry of the old one, which is good for 30 seconds', async () => {
      await using w = await createWorld(target);
      const old = await w.a.issue({ userId: 'ada', claims: { role: 'reader', seat: 4 } });
      const { claims: oldClaims } = await w.b.verify(old.token);
      w.clock.advance(5 * second);
      const updated = vi.fn();
      w.b.on('updated', updated);
      const { token, session } = await w.a.reissue(old.token, { claims: { role: 'editor' } });
      expect(session).toEqual({ ...old.session, updatedAt: new Date(w.clock()) });
      expect(updated).toHaveBeenCalledExactlyOnceWith({ userId: 'ada', id: session.id });
      for (const node of w.nodes) {
        const { claims } = await node.verify(token);
        expect(claims).toMatchObject({
          role: 'editor',
          sub: 'ada',
          exp: oldClaims.exp,
          lookup_id: oldClaims.lookup_id,
        });
        expect(claims).not.toHaveProperty('seat');
        expect((await node.verify(old.token)).claims['role']).toBe('reader');
      }
      w.clock.advance(30 * second - 1);
      for (const node of w.nodes) await node.verify(old.token);
      w.clock.advance(1);
      for (const node of w.nodes) {
        await refused(node.verify(old.token), 'revoked_session');
        await node.verify(token);
      }
      expect(await w.a.list('ada')).toHaveLength(1);
    });

    test('without a grace, the old token is refused at once by every process', async () => {
      await using w = await createWorld(target);
      const old = await w.a.issue({ userId: 'ada', claims: { role: 'admin' } });
      for (const node of w.nodes) await node.verify(old.token);
      const { token } = await w.b.reissue(old.token, { claims: { role: 'reader' }, grace: '0s' });
      for (const node of w.nodes) {
        await refused(node.verify(old.token), 'revoked_session');
        await refused(node.reissue(old.token, {}), 'revoked_session');
        await node.verify(token);
      }
    });

    test('keeps its claims if there are no new ones', async () => {
      await using w = await createWorld(target);
      const { token } = await w.a.issue({ userId: 'ada', claims: { role: 'reader' } });
      const again = await w.a.reissue((await w.a.reissue(token, {})).token, {});
      expect((await w.a.verify(again.token)).claims).toMatchObject({ role: 'reader', lookup_generation: 2 });
    });

    test('of the tokens before, only the last is good: a later grace revives none', async () => {
      await using w = await createWorld(target);
      const first = await w.a.issue({ userId: 'ada' });
      const next = await w.a.reissue(first.token, { grace: '0s' });
      const last = await w.a.reissue(next.token, { grace: '1h' });
      for (const node of w.nodes) {
        await node.verify(last.token);
        await node.verify(next.token);
        await refused(node.verify(first.token), 'revoked_session');
      }
    });

    test('an old token in its grace gets another of the same generation, and both stay good', async () => {
      await using w = await createWorld(target);
      const old = await w.a.issue({ userId: 'ada' });
      const one = await w.a.reissue(old.token, { claims: { from: 'a' } });
      w.clock.advance(10 * second);
      const other = await w.b.reissue(old.token, { claims: { from: 'b' } });
      w.clock.advance(day);
      for (const node of w.nodes) {
        await refused(node.verify(old.token), 'revoked_session');
        for (const { token } of [one, other]) await node.verify(token);
      }
    });

    test('an old token that is replaced without a grace ends the newer ones too', async () => {
      await using w = await createWorld(target);
      const old = await w.a.issue({ userId: 'ada', claims: { role: 'admin' } });
      const stale = await w.a.reissue(old.token, { claims: { role: 'admin' } });
      for (const node of w.nodes) await node.verify(stale.token);
      const { token } = await w.b.reissue(old.token, { claims: { role: 'reader' }, grace: '0s' });
      for (const node of w.nodes) {
        await node.verify(token);
        for (const before of [old, stale]) await refused(node.verify(before.token), 'revoked_session');
      }
    });

    test('many requests at once that reissue one token agree on a generation', async () => {
      await using w = await createWorld(target);
      const { token } = await w.a.issue({ userId: 'ada' });
      for (const node of w.nodes) await node.verify(token);
      const reissued = await Promise.all(Array.from({ length: 12 }, (_, n) => w.nodes[n % 2]!.reissue(token, {})));
      w.clock.advance(day);
      for (const node of w.nodes) {
        for (const each of reissued) {
          expect((await node.verify(each.token)).claims.lookup_generation).toBe(1);
        }
        await refused(node.verify(token), 'revoked_session');
      }
    });

    test('of many requests at once that reissue one token without a grace, one succeeds', async () => {
      await using w = await createWorld(target);
      const { token } = await w.a.issue({ userId: 'ada' });
      const results = await Promise.allSettled(
        Array.from({ length: 8 }, (_, n) => w.nodes[n % 2]!.reissue(token, { grace: '0s' })),
      );
      const reissued = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      expect(reissued).toHaveLength(1);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ reason: 'revoked_session' });
      }
      for (const node of w.nodes) await node.verify(reissued[0]!.token);
    });

    test('a token that is refused is not reissued', async () => {
      await using w = await createWorld(target, { lifetime: '1d', idleTimeout: '6h' });
      const [ended, idle] = [await w.a.issue({ userId: 'ada' }), await w.a.issue({ userId: 'bob' })];
      await w.a.revokeAll('ada');
      await expect(w.b.reissue(ended.token, {})).rejects.toMatchObject({
        reason: 'revoked_session',
        ended: { cause: 'all' },
      });
      w.clock.advance(day / 4);
      await refused(w.b.reissue(idle.token, {}), 'idle_session');
      w.clock.advance(day);
      await refused(w.b.reissue(idle.token, {}), 'expired_token');
      for (const nothing of [null, undefined, '']) await refused(w.b.reissue(nothing, {}), 'missing_token');
      await refused(w.b.reissue('a.b.c', {}), 'malformed_token');
    });

    test('a revocation beside a reissue ends the session, whichever comes first', async () => {
      await using w = await createWorld(target);
      for (let round = 0; round < 5; round += 1) {
        const { token, session } = await w.a.issue({ userId: 'ada' });
        const [reissued] = await Promise.allSettled([
          w.b.reissue(token, {}),
          w.a.revoke({ userId: 'ada', id: session.id }),
        ]);
        if (reissued.status === 'fulfilled') await refused(w.b.verify(reissued.value.token), 'revoked_session');
        else expect(reissued.reason).toMatchObject({ reason: 'revoked_session' });
        await refused(w.a.verify(token), 'revoked_session');
      }
    });

    test('in any order, the tokens of the last generation are good, and those before it in their grace', async () => {
      await using w = await createWorld(target);
      const step = fc.oneof(
        { weight: 3, arbitrary: fc.record({ of: fc.nat(3), node: fc.nat(1), grace: fc.constantFrom(0, 30, 60) }) },
        { weight: 2, arbitrary: fc.record({ seconds: fc.constantFrom(1, 29, 30, 60) }) },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 10 }), async (steps) => {
          const begun = await w.a.issue({ userId: 'ada' });
          const tokens: { token: string; generation: number }[] = [{ token: begun.token, generation: 0 }];
          let current = 0;
          let graceUntil = -Infinity;
          const isGood = (generation: number): boolean =>
            generation === current || (generation === current - 1 && w.clock() < graceUntil);
          for (const action of steps) {
            if ('seconds' in action) w.clock.advance(action.seconds * second);
            else {
              const { token, generation } = tokens.at(-1 - (action.of % tokens.length))!;
              const wasGood = isGood(generation);
              const result = await w.nodes[action.node]!.reissue(token, { grace: `${action.grace}s` }).catch(
                (error: unknown) => error,
              );
              expect(isSessionError(result)).toBe(!wasGood);
              if (!wasGood) continue;
              if (generation === current || action.grace === 0) {
                current += 1;
                graceUntil = w.clock() + action.grace * second;
              }
              tokens.push({ token: (result as IssuedSession).token, generation: current });
            }
            for (const node of w.nodes) {
              for (const { token, generation } of tokens) {
                const outcome = await node.verify(token).then(
                  () => 'accepted',
                  (error: unknown) => (isSessionError(error) ? error.reason : error),
                );
                expect(outcome).toBe(isGood(generation) ? 'accepted' : 'revoked_session');
              }
            }
          }
          await w.a.revokeAll('ada');
        }),
        { numRuns: 15 },
      );
    });

    test('replaces its session when it comes with a sign-in, and the old token does so only in its grace', async () => {
      await using w = await createWorld(target);
      for (const ofAnyUser of [false, true]) {
        const userId = ofAnyUser ? 'bob' : 'ada';
        const old = await w.a.issue({ userId: 'ada' });
        const { token } = await w.a.reissue(old.token, {});
        const signInWith = async (replaced: string) =>
          w.a.issue({ userId }, { replaces: { token: replaced, ofAnyUser } });
        w.clock.advance(30 * second);
        await signInWith(old.token);
        for (const node of w.nodes) await node.verify(token);
        const next = await w.a.reissue(token, {});
        await signInWith(token);
        for (const node of w.nodes) await refused(node.verify(next.token), 'revoked_session');
      }
    });
  });
}

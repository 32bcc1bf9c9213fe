import {
  createSessionManager,
  localBus,
  migrateToLatest,
  type IssuedSession,
  type SessionManager,
  type SessionManagerOptions,
} from '@trpc-sessions/core';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect, type CompiledQuery } from 'kysely';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createSessionsPlugin } from '../plugin.ts';
import type { SessionsEvent } from './watch.ts';

const keys = 'a secret of more than thirty-two bytes';
const userId = 'ada';
const minute = 60_000;

let db: Kysely<object>;
let queries: CompiledQuery[];
const closing: (() => unknown)[] = [];

beforeEach(async () => {
  queries = [];
  db = new Kysely<object>({
    dialect: new SqliteDialect({ database: new SqliteDatabase(':memory:') }),
    log: ({ query }) => void queries.push(query),
  });
  await migrateToLatest(db);
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  await db.destroy();
});

type Options = Partial<SessionManagerOptions<object>>;

/** A process of the app. */
function createNode(options: Options = {}) {
  const manager = createSessionManager({ db, keys, bus: localBus(), ...options });
  closing.push(() => manager.close());
  const { router } = createSessionsPlugin({ manager, authenticate: () => null });
  const callerOf = ({ token }: Pick<IssuedSession, 'token'>, signal?: AbortSignal) =>
    router.createCaller(
      { caller: { token, ip: null, userAgent: null, clientHints: null } },
      signal === undefined ? {} : { signal },
    );
  return { manager, callerOf };
}

interface Reader {
  readonly events: SessionsEvent[];
  /** Resolves with the error that ended the stream, if one did. */
  readonly ended: Promise<unknown>;
  stop(): void;
}

/** Reads a watch in the background. */
async function watch({ callerOf }: ReturnType<typeof createNode>, issued: IssuedSession): Promise<Reader> {
  const events: SessionsEvent[] = [];
  const stopping = new AbortController();
  const stream = await callerOf(issued, stopping.signal).sessions.watch();
  const read = async (): Promise<unknown> => {
    try {
      for await (const event of stream) events.push(event);
      return undefined;
    } catch (error) {
      return error;
    }
  };
  const ended = read();
  const stop = (): void => stopping.abort();
  closing.push(stop);
  await expect.poll(() => events).toHaveLength(1);
  return { events, ended, stop };
}

const issue = (manager: SessionManager): Promise<IssuedSession> => manager.issue({ userId });

describe('sessions.watch', () => {
  test('begins with all of the caller’s sessions, and marks the current one', async () => {
    const node = createNode();
    const [other, own] = [await issue(node.manager), await issue(node.manager)];
    await node.manager.issue({ userId: 'bob' });
    const { events } = await watch(node, own);
    const [first] = events;
    const sessions = first?.type === 'sessions' ? first.sessions : [];
    expect(new Map(sessions.map(({ id, current }) => [id, current]))).toEqual(
      new Map([
        [own.session.id, true],
        [other.session.id, false],
      ]),
    );
  });

  test('reports what other processes create, change and revoke', async () => {
    const [here, there] = [createNode(), createNode()];
    const own = await issue(here.manager);
    const { events } = await watch(here, own);

    const { session } = await issue(there.manager);
    await expect.poll(() => events[1]).toMatchObject({ type: 'created', session: { id: session.id, current: false } });
    await there.manager.update({ userId, id: session.id, name: 'Kitchen' });
    await expect.poll(() => events[2]).toMatchObject({ type: 'updated', session: { id: session.id, name: 'Kitchen' } });
    await there.manager.revoke({ userId, id: session.id }, { bySession: own.session.id });
    await expect
      .poll(() => events[3])
      .toMatchObject({
        type: 'revoked',
        id: session.id,
        ended: { at: expect.any(Date), cause: 'revoked', by: 'another_device', bySession: own.session.id },
      });
    await there.manager.issue({ userId: 'bob' });
    await issue(there.manager);
    await expect.poll(() => events).toHaveLength(5);
  });

  test('ends with the refusal of its own session, which says why', async () => {
    const [here, there] = [createNode(), createNode()];
    const [own, other] = [await issue(here.manager), await issue(here.manager)];
    const { ended } = await watch(here, own);
    await there.manager.revokeOthers({ userId, currentId: other.session.id });
    expect(await ended).toMatchObject({
      cause: { reason: 'revoked_session', ended: { cause: 'others', by: 'another_device' } },
    });
  });

  test('of many readers shares its look-ups', async () => {
    const node = createNode();
    const own = await issue(node.manager);
    const readers = await Promise.all(Array.from({ length: 20 }, () => watch(node, own)));
    queries.length = 0;
    await issue(node.manager);
    for (const { events } of readers) await expect.poll(() => events).toHaveLength(2);
    const lists = queries.filter(({ sql }) => /^select .* where "user_id" = .* order by/.test(sql));
    // One for the new session, and those that its sign-in asks itself.
    expect(lists.length).toBeLessThan(4);
  });

  test('says once that without a bus, the changes of other processes are found later', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const node = createNode({ bus: undefined });
    const own = await issue(node.manager);
    await watch(node, own);
    await watch(node, own);
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('the manager has no bus'));
    warn.mockRestore();
  });

  test('does not count as use of the session', async () => {
    let now = Date.now();
    const node = createNode({ clock: () => now, touchInterval: '1m' });
    const own = await issue(node.manager);
    now += 10 * minute;
    const { stop } = await watch(node, own);
    stop();
    await node.manager.flush();
    const [session] = await node.manager.list(userId);
    expect(session?.lastSeenAt).toEqual(own.session.lastSeenAt);
    await node.callerOf(own).sessions.current();
    await node.manager.flush();
    expect((await node.manager.list(userId))[0]?.lastSeenAt).toEqual(new Date(now));
  });
});

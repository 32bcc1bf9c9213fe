import {
  createSessionManager,
  isSessionError,
  localBus,
  memoryCache,
  migrateToLatest,
  type Bus,
  type BusListener,
  type SessionManager,
  type SessionManagerOptions,
  type SessionsDatabase,
} from '@trpc-sessions/core';
import { dataVersionGuard, reuseStatements } from '@trpc-sessions/core/sqlite';
import SqliteDatabase from 'better-sqlite3';
import fc from 'fast-check';
import {
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteDialect,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type QueryResult,
  type SqliteStatement,
} from 'kysely';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { secret } from '../support/app.ts';
import { createTestClock, minute, second, type TestClock } from '../support/clock.ts';
import {
  sqliteDatabase,
  sqliteReusingStatements,
  type DatabaseTarget,
  type TestDatabase,
} from '../support/database.ts';
import { propertyRuns } from '../support/optional.ts';
import { refused } from './sessions.ts';

// Several nodes share one database, and each has a cache. Which sessions may it accept from memory, and for how long?

/** A network in which the test decides when a message arrives, and whether it does. */
function createNetwork() {
  const inboxes = new Set<string[]>();

  return {
    join() {
      const inbox: string[] = [];
      let listener: BusListener | undefined;
      const bus: Bus = {
        publish(message) {
          if (!inboxes.has(inbox)) return Promise.reject(new Error('cut off'));
          for (const each of inboxes) each.push(message);
          return Promise.resolve();
        },
        subscribe(subscriber) {
          listener = subscriber;
          inboxes.add(inbox);
          listener.connected();
          return () => Promise.resolve();
        },
      };
      return {
        bus,
        /** Delivers the messages that were sent to this node. */
        deliver() {
          for (const message of inbox.splice(0)) listener?.message(message);
        },
        /** Loses the messages that were sent to this node. */
        lose: () => void inbox.splice(0),
        disconnect() {
          inboxes.delete(inbox);
          inbox.length = 0;
          listener?.disconnected();
        },
        connect() {
          inboxes.add(inbox);
          listener?.connected();
        },
      };
    },
  };
}

function createNodes(
  database: TestDatabase,
  clock: TestClock,
  count: number,
  options: Partial<SessionManagerOptions<SessionsDatabase>> = {},
) {
  const network = createNetwork();
  return Array.from({ length: count }, () => {
    const { bus, ...link } = network.join();
    const manager = createSessionManager({
      db: database.own,
      keys: secret,
      clock,
      bus,
      cache: memoryCache({ max: 100, maxAge: '1m' }),
      ...options,
    });
    return { manager, ...link };
  });
}

/** Another connection to read the database. A look-up on it takes two steps, and the test decides when each is done. */
function createSlowReads({ db }: TestDatabase) {
  const held: (() => void)[] = [];
  const wait = (): Promise<void> => new Promise((resolve) => void held.push(resolve));
  const connection: DatabaseConnection = {
    async executeQuery<TRow>(query: CompiledQuery): Promise<QueryResult<TRow>> {
      await wait();
      const result = await db.executeQuery<TRow>(query);
      await wait();
      // A copy: the rows themselves would lead the manager to the connection below.
      return { ...result, rows: [...result.rows] };
    },
    streamQuery: () => expect.unreachable('nothing of ours streams'),
  };
  const readDb = new Kysely<SessionsDatabase>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createQueryCompiler: () => new SqliteQueryCompiler(),
      createIntrospector: (slow) => new SqliteIntrospector(slow),
      createDriver: () => Object.assign(new DummyDriver(), { acquireConnection: () => Promise.resolve(connection) }),
    },
  });

  /** Continues one look-up: from the request to the read row, or from the read row to the answer. */
  async function goOn(which: number): Promise<void> {
    const [next] = held.splice(which % Math.max(1, held.length), 1);
    next?.();
    await turn();
  }

  return {
    readDb,
    goOn,
    async finish() {
      // A request whose row is missing looks up how its session ended, a turn later.
      for (let idle = 0; idle < 3; idle += 1) {
        await turn();
        while (held.length > 0) {
          await goOn(0);
          idle = 0;
        }
      }
    },
  };
}

async function createWorld() {
  const database = await sqliteReusingStatements.create();
  const clock = createTestClock();
  const [a, b] = createNodes(database, clock, 2);
  return { database, clock, a: a!, b: b!, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
}

/** How many queries a request cost. */
async function cost({ queries, clearQueries }: TestDatabase, work: () => Promise<unknown>): Promise<number> {
  clearQueries();
  await work();
  return queries.length;
}

describe('a session that a node has read', () => {
  test('costs no query, and is refused at once after a revocation on the same node', async () => {
    await using w = await createWorld();
    const { token, session } = await w.a.manager.issue({ userId: 'u1' });
    await w.a.manager.verify(token);
    w.database.clearQueries();
    await w.a.manager.verify(token);
    expect(w.database.queries).toEqual([]);
    await w.a.manager.revoke({ userId: 'u1', id: session.id });
    await refused(w.a.manager.verify(token), 'revoked_session');
  });

  test.each<[string, (manager: SessionManager, id: string, otherId: string) => Promise<unknown>]>([
    ['by its id', (manager, id) => manager.revoke({ userId: 'u1', id })],
    ['with the others', (manager, _, otherId) => manager.revokeOthers({ userId: 'u1', currentId: otherId })],
    ['with all of its user', (manager) => manager.revokeAll('u1')],
  ])('is ended elsewhere, %s, as soon as the message arrives', async (_, end) => {
    await using w = await createWorld();
    const { token, session } = await w.a.manager.issue({ userId: 'u1' });
    const other = await w.a.manager.issue({ userId: 'u1' });
    const ended = vi.fn();
    w.b.manager.on('ended', ended);
    await w.b.manager.verify(token);
    await end(w.a.manager, session.id, other.session.id);
    w.b.deliver();
    await refused(w.b.manager.verify(token), 'revoked_session');
    expect(ended).toHaveBeenCalledOnce();
  });

  test('is refused within the maximum age after a revocation elsewhere whose message is lost', async () => {
    await using w = await createWorld();
    const { token, session } = await w.a.manager.issue({ userId: 'u1' });
    await w.b.manager.verify(token);
    await w.a.manager.revoke({ userId: 'u1', id: session.id });
    w.b.lose();
    w.clock.advance(minute);
    await refused(w.b.manager.verify(token), 'revoked_session');
  });

  test('is refused at once after a revocation elsewhere while the bus is disconnected, and after it reconnects', async () => {
    await using w = await createWorld();
    const { token, session } = await w.a.manager.issue({ userId: 'u1' });
    const kept = await w.a.manager.issue({ userId: 'u1' });
    await w.b.manager.verify(token);
    w.b.disconnect();
    await w.a.manager.revoke({ userId: 'u1', id: session.id });
    await refused(w.b.manager.verify(token), 'revoked_session');
    expect(await cost(w.database, () => w.b.manager.verify(kept.token))).toBe(1);
    expect(await cost(w.database, () => w.b.manager.verify(kept.token))).toBe(1);
    w.b.connect();
    expect(await cost(w.database, () => w.b.manager.verify(kept.token))).toBe(1);
    expect(await cost(w.database, () => w.b.manager.verify(kept.token))).toBe(0);
  });

  test('is not refused as idle while another node has seen it recently', async () => {
    await using database = await sqliteReusingStatements.create();
    const clock = createTestClock();
    const network = createNetwork();
    const [a, b] = Array.from({ length: 2 }, () => {
      const { bus } = network.join();
      return createSessionManager({
        db: database.db,
        keys: secret,
        clock,
        bus,
        idleTimeout: '50s',
        cache: memoryCache({ max: 9 }),
      });
    });
    const { token } = await a!.issue({ userId: 'u1' });
    await a!.verify(token);
    for (let n = 0; n < 5; n += 1) {
      clock.advance(20 * second);
      await b!.verify(token);
      await b!.list('u1');
    }
    await a!.verify(token);
  });
});

test('a row that was read before a revocation never enters the cache after it', async () => {
  await using w = await createWorld();
  const { token, session } = await w.a.manager.issue({ userId: 'u1' });
  // The reading and the deletion are under way together, the reading first.
  const reading = w.a.manager.verify(token);
  const ending = w.a.manager.revoke({ userId: 'u1', id: session.id });
  await Promise.allSettled([reading, ending]);
  await refused(w.a.manager.verify(token), 'revoked_session');
});

test('a revocation neither waits for the bus nor fails with it', async () => {
  await using database = await sqliteReusingStatements.create();
  const throwing = (): Promise<void> => {
    throw new Error('down');
  };
  for (const publish of [() => new Promise<void>(() => {}), () => Promise.reject(new Error('down')), throwing]) {
    const bus: Bus = { ...localBus(), publish };
    const manager = createSessionManager({ db: database.db, keys: secret, cache: memoryCache({ max: 9 }), bus });
    const faults = vi.fn();
    manager.on('fault', faults);
    const { token, session } = await manager.issue({ userId: 'u1' });
    await manager.verify(token);
    expect(await manager.revoke({ userId: 'u1', id: session.id })).toBe(true);
    await refused(manager.verify(token), 'revoked_session');
    // The sign-in publishes too, and a message that the bus does not take is attempted again after a pause.
    for (const [fault] of faults.mock.calls) expect(fault).toMatchObject({ task: 'bus' });
  }
});

test('after a delete that the database did not acknowledge, the session is read again and refused', async () => {
  const file = new SqliteDatabase(':memory:');
  let isDeleted = false;
  // The row is deleted, and then the answer is lost: that of the delete, or of the transaction around it.
  function loseAnswer(text: string): void {
    if (text.startsWith('delete from "sessions"') && !text.endsWith('where 1 = 0')) isDeleted = true;
    if (isDeleted && !file.inTransaction) throw new Error('connection lost');
  }
  const prepare = (text: string): SqliteStatement => {
    const statement = file.prepare(text);
    return {
      reader: statement.reader,
      run(parameters) {
        const result = statement.run(parameters);
        loseAnswer(text);
        return result;
      },
      iterate: (parameters) => statement.iterate(parameters),
      all(parameters) {
        const rows = statement.all(parameters);
        loseAnswer(text);
        return rows;
      },
    };
  };
  const db = new Kysely<object>({ dialect: new SqliteDialect({ database: { prepare, close: () => file.close() } }) });
  await migrateToLatest(db);
  const manager = createSessionManager({ db, keys: secret, bus: localBus(), cache: memoryCache({ max: 9 }) });
  const { token, session } = await manager.issue({ userId: 'u1' });
  await manager.verify(token);
  // Kysely attempts a rollback after a commit that failed.
  await expect(manager.revoke({ userId: 'u1', id: session.id })).rejects.toThrow(/connection lost|cannot rollback/);
  isDeleted = false;
  await refused(manager.verify(token), 'revoked_session');
});

test('a revoked session that tries to end the others is refused, and leaves the cache', async () => {
  await using w = await createWorld();
  const { token, session } = await w.a.manager.issue({ userId: 'u1' });
  await w.b.manager.verify(token);
  await w.a.manager.revokeAll('u1');
  w.b.lose();
  await refused(w.b.manager.revokeOthers({ userId: 'u1', currentId: session.id }), 'revoked_session');
  await refused(w.b.manager.verify(token), 'revoked_session');
});

test('a message in an unknown format empties the cache, and causes no other error', async () => {
  await using w = await createWorld();
  const { token } = await w.a.manager.issue({ userId: 'u1' });
  const listeners: BusListener[] = [];
  const bus: Bus = {
    publish: () => Promise.resolve(),
    subscribe(listener) {
      listeners.push(listener);
      listener.connected();
      return () => Promise.resolve();
    },
  };
  const manager = createSessionManager({
    db: w.database.db,
    keys: secret,
    clock: w.clock,
    cache: memoryCache({ max: 9 }),
    bus,
  });
  for (const message of [
    '',
    'null',
    '{',
    '{"from":1}',
    '{"from":"x","ended":{"userId":"u1","ids":[1]}}',
    '[]',
    '{"v":2}',
  ]) {
    await manager.verify(token);
    listeners[0]!.message(message);
    expect(await cost(w.database, () => manager.verify(token))).toBe(1);
  }
});

test('a cache without a bus or a guard is a usage error', async () => {
  await using database = await sqliteReusingStatements.create();
  expect(() => createSessionManager({ db: database.db, keys: secret, cache: memoryCache({ max: 9 }) })).toThrow(
    /^cache: needs a bus/,
  );
});

test('SQLite’s own count of writes keeps the caches of several processes on one file exact, without a bus', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-guard-'));
  const file = join(folder, 'app.db');
  const open = () => {
    const database = new SqliteDatabase(file);
    database.pragma('journal_mode = WAL');
    const db = new Kysely<object>({ dialect: new SqliteDialect({ database: reuseStatements(database) }) });
    const guard = dataVersionGuard(new SqliteDatabase(file, { readonly: true }));
    return {
      database,
      db,
      make: () => createSessionManager({ db, keys: secret, cache: memoryCache({ max: 9, guard }) }),
    };
  };
  const [one, other] = [open(), open()];
  await migrateToLatest(one.db);
  const [a, b] = [one.make(), other.make()];
  const { token, session } = await a.issue({ userId: 'u1' });
  const kept = await a.issue({ userId: 'u1' });
  const prepare = vi.spyOn(other.database, 'prepare');
  for (let n = 0; n < 3; n += 1) await b.verify(token);
  expect(prepare).toHaveBeenCalledOnce();

  await a.revoke({ userId: 'u1', id: session.id });
  await refused(b.verify(token), 'revoked_session');
  await b.verify(kept.token);
  // A delete on another connection, without a manager, counts too.
  one.database.prepare('delete from sessions').run();
  await refused(b.verify(kept.token), 'revoked_session');
  await refused(a.verify(kept.token), 'revoked_session');
  await Promise.all([one.db.destroy(), other.db.destroy()]);
  await rm(folder, { recursive: true });
});

/** A change that a node has announced to the others. */
interface Announced {
  readonly at: number;
  /** The nodes that certainly know it. */
  readonly known: Set<number>;
}

/** A session, with its token and the one before. */
interface Issued {
  token: string;
  readonly id: string;
  readonly userId: string;
  isReissuing: boolean;
  old: (Announced & { readonly token: string; readonly until: number }) | undefined;
}

/** A database that looks sessions up at once, and one whose look-ups others come in between. */
const targets: readonly (readonly [name: string, DatabaseTarget, runs: number])[] = [
  ['looked up at once', sqliteDatabase, propertyRuns(200)],
  ['looked up slowly', sqliteReusingStatements, propertyRuns(500)],
];

test.each(targets)(
  'in any order of events, no revoked session is accepted too long, and no live one is refused: %s',
  async (_name, targetDatabase, numRuns) => {
    const nodeCount = 2;
    const node = fc.nat(nodeCount - 1);
    /** An index into the latest sessions: those before have long been ended. */
    const sessionCount = 3;
    const which = fc.nat(sessionCount - 1);
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ do: fc.constant('issue' as const), node, user: fc.nat(1) }) },
      { weight: 6, arbitrary: fc.record({ do: fc.constant('verify' as const), node, which }) },
      // A request runs beside the steps that follow, until its look-up is answered.
      { weight: 6, arbitrary: fc.record({ do: fc.constant('goOn' as const), node, which }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('finish' as const), node }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('revoke' as const), node, which }) },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constant('reissue' as const), node, which, grace: fc.constantFrom(0, 30) }),
      },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('verifyOld' as const), node, which }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('revokeOthers' as const), node, which }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('revokeAll' as const), node, user: fc.nat(1) }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('deliver' as const), node }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const), node }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('disconnect' as const, 'connect' as const), node }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('advance' as const), node, seconds: fc.nat(45) }) },
    );

    type Step = typeof step extends fc.Arbitrary<infer TStep> ? TStep : never;
    const begin = [0, 1, 0].map((user) => ({ do: 'issue' as const, node: 0, user }));
    // A verification shows whether a node still accepts the session.
    const askEverybody = Array.from({ length: nodeCount }, (_, each) => [
      { do: 'deliver' as const, node: each },
      ...Array.from({ length: sessionCount }, (__, session) => [
        { do: 'verify' as const, node: each, which: session },
        { do: 'verifyOld' as const, node: each, which: session },
      ]).flat(),
      { do: 'finish' as const, node: each },
    ]).flat();
    const later = { do: 'advance' as const, node: 0, seconds: 30 };
    const end = [{ do: 'finish' as const, node: 0 }, ...askEverybody, later, ...askEverybody, later, ...askEverybody];

    const lookUp = [
      { do: 'verify' as const, node: 1, which: 0 },
      { do: 'goOn' as const, node: 1, which: 0 },
    ];
    const revoke = { do: 'revoke' as const, node: 0, which: 0 };
    const reissue = { do: 'reissue' as const, node: 0, which: 0, grace: 0 as const };
    // Random steps may miss these. The session is ended between the read and the answer; the bus is disconnected; it reconnects
    // before the answer; the answer is late and the message is lost.
    const rare: [Step[]][] = [
      [[...lookUp, { ...revoke, node: 1 }]],
      [[...lookUp, revoke, { do: 'deliver', node: 1 }]],
      [[...lookUp, { do: 'finish', node: 1 }, { do: 'disconnect', node: 1 }, revoke]],
      [[...lookUp, { do: 'disconnect', node: 1 }, revoke, { do: 'connect', node: 1 }]],
      [[...lookUp, revoke, { do: 'lose', node: 1 }, { ...later, seconds: 40 }]],
      // The token is reissued between the read and the answer; and between two look-ups of the old token, of which the first is answered
      // last.
      [
        [
          ...lookUp,
          reissue,
          { do: 'goOn', node: 0, which: 1 },
          { do: 'goOn', node: 0, which: 1 },
          { do: 'deliver', node: 1 },
        ],
      ],
      [
        [
          ...lookUp,
          { ...reissue, grace: 30 as const },
          { do: 'goOn', node: 0, which: 1 },
          { do: 'goOn', node: 0, which: 1 },
        ],
      ],
    ];

    await using database = await targetDatabase.create();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        await database.plain.deleteFrom('sessions').execute();
        database.clearQueries();
        const clock = createTestClock();
        const reads = createSlowReads(database);
        // Only the steps happen: a last-seen write would run on a timer.
        const readDb = targetDatabase === sqliteDatabase ? undefined : reads.readDb;
        const nodes = createNodes(database, clock, nodeCount, { readDb, touchInterval: '1d' });
        const connected = nodes.map(() => true);
        const issued: Issued[] = [];
        /** When a session was ended, and which nodes certainly know it. */
        const ended = new Map<string, Announced>();
        /** Every end and every reissue. */
        const announced: Announced[] = [];
        const waiting: Promise<unknown>[] = [];
        /** Nodes that have lost a message: they may accept a revoked session until the maximum age. */
        const lost = new Set<number>();

        const announce = (by: number): Announced => {
          // A disconnected node reads the database, so it knows.
          const known = new Set(connected.flatMap((isConnected, index) => (isConnected ? [] : [index])));
          const change = { at: clock(), known: known.add(by) };
          announced.push(change);
          // The other nodes get no message from it.
          if (!connected[by]) for (const [index, isConnected] of connected.entries()) if (isConnected) lost.add(index);
          return change;
        };
        const noteEnd = (by: number, id: string) => {
          if (!ended.has(id)) ended.set(id, announce(by));
        };
        const knows = (by: number, change: Announced | undefined): boolean =>
          change !== undefined && (change.known.has(by) || clock() - change.at >= minute);
        const outcomeOf = (manager: SessionManager, token: string): Promise<unknown> =>
          manager.verify(token).then(
            () => 'accepted',
            (error: unknown) => (isSessionError(error) ? error.reason : error),
          );

        for (const action of [...begin, ...steps, ...end]) {
          const { manager, ...link } = nodes[action.node]!;
          const target = 'which' in action ? issued.at(-1 - action.which) : undefined;
          const work = async (): Promise<void> => {
            switch (action.do) {
              case 'issue': {
                const userId = `u${action.user}`;
                const { token, session } = await manager.issue({ userId });
                issued.push({ token, id: session.id, userId, isReissuing: false, old: undefined });
                return;
              }
              case 'verify': {
                if (target === undefined) return;
                const { id, token } = target;
                const knew = knows(action.node, ended.get(id));
                const outcome = await outcomeOf(manager, token);
                if (knew) expect(outcome).toBe('revoked_session');
                if (!ended.has(id) && target.token === token) expect(outcome).toBe('accepted');
                return;
              }
              case 'verifyOld': {
                if (target?.old === undefined) return;
                const { old } = target;
                const knew =
                  knows(action.node, ended.get(target.id)) || (knows(action.node, old) && clock() >= old.until);
                const outcome = await outcomeOf(manager, old.token);
                if (knew) expect(outcome).toBe('revoked_session');
                if (!ended.has(target.id) && target.old === old && clock() < old.until)
                  expect(outcome).toBe('accepted');
                return;
              }
              case 'reissue': {
                if (target === undefined || target.isReissuing || ended.has(target.id)) return;
                target.isReissuing = true;
                const renewed = await manager
                  .reissue(target.token, { grace: `${action.grace}s` })
                  .catch((error: unknown) => {
                    if (!ended.has(target.id)) throw error;
                  });
                target.isReissuing = false;
                if (renewed === undefined) return;
                const until = clock() + action.grace * second;
                target.old = Object.assign(announce(action.node), { token: target.token, until });
                target.token = renewed.token;
                return;
              }
              case 'revoke':
                if (target !== undefined && (await manager.revoke({ userId: target.userId, id: target.id })))
                  noteEnd(action.node, target.id);
                return;
              case 'revokeOthers': {
                if (target === undefined || ended.has(target.id)) return;
                const victims = issued.filter(({ userId, id }) => userId === target.userId && id !== target.id);
                await manager.revokeOthers({ userId: target.userId, currentId: target.id });
                for (const { id } of victims) noteEnd(action.node, id);
                return;
              }
              case 'revokeAll': {
                const victims = issued.filter(({ userId }) => userId === `u${action.user}`);
                await manager.revokeAll(`u${action.user}`);
                for (const { id } of victims) noteEnd(action.node, id);
                return;
              }
              case 'goOn':
                return reads.goOn(action.which);
              case 'finish':
                return reads.finish();
              case 'deliver':
              case 'lose':
                link[action.do]();
                if (action.do === 'deliver' && connected[action.node]) {
                  // Without loss, a delivery covers every earlier ending.
                  for (const each of announced) if (!lost.has(action.node)) each.known.add(action.node);
                } else if (action.do === 'lose') lost.add(action.node);
                return;
              case 'disconnect':
              case 'connect':
                if (connected[action.node] === (action.do === 'connect')) return;
                connected[action.node] = action.do === 'connect';
                link[action.do]();
                // From either on, earlier endings are read from the database.
                for (const each of announced) each.known.add(action.node);
                lost.delete(action.node);
                return;
              case 'advance':
                clock.advance(action.seconds * second);
            }
          };
          const done = work();
          if (action.do !== 'verify' && action.do !== 'verifyOld' && action.do !== 'reissue') await done;
          else {
            // Its failure is reported at the end.
            done.catch(() => {});
            waiting.push(done);
            await turn();
          }
        }
        await reads.finish();
        await Promise.all(waiting);
      }),
      { numRuns, examples: rare },
    );
  },
);

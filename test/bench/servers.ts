import { createHash, createSecretKey } from 'node:crypto';
import {
  createSessionManager,
  localBus,
  memoryCache,
  migrateToLatest,
  type AppDatabase,
  type SessionManagerOptions,
  type SessionsDatabase,
} from '@trpc-sessions/core';
import { Kysely, MysqlDialect, PostgresDialect } from 'kysely';
import { createPool } from 'mysql2';
import pg from 'pg';
import { checkSignature, columns, secret } from './floor.ts';
import type { Candidate } from './measure.ts';
import { createBetterAuthOn } from './peers/better-auth.ts';
import { createExpressSessionOnPostgres } from './peers/express-session.ts';
import { createLuciaOnPostgres } from './peers/lucia.ts';
import { copyOf, caller, createSamples, cycle, type Sample } from './tokens.ts';
import { createNaive, createOurs } from './verify.ts';

/** A database server full of sessions. */
export interface BenchServer extends AsyncDisposable {
  readonly candidates: readonly Candidate[];
}

const poolSize = 10;

function openPool(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: poolSize });
  // Dropping the database breaks connections that are still closing.
  pool.on('error', () => {});
  return pool;
}

/** Every way to verify one request on PostgreSQL. The first is the floor. */
export async function verifyOnPostgres(url: string, rows: number, sampleCount: number): Promise<BenchServer> {
  const pools: pg.Pool[] = [];
  const open = (): pg.Pool => {
    const opened = openPool(url);
    pools.push(opened);
    return opened;
  };
  const pool = open();
  const plain = new Kysely<SessionsDatabase>({
    dialect: new PostgresDialect({ pool: openPool(url) }),
  });
  const db = open();
  await migrateToLatest(db);
  const betterAuth = [await createBetterAuthOn(open(), false), await createBetterAuthOn(open(), true)];
  await pool.query(
    `insert into sessions (id, ${columns}) select substr(md5(n::text), 1, 32), 'user' || n / 10,
       $1, $1, $2, '{"type":"desktop","name":"Chrome on Windows"}', now(), now(), now() + interval '30 days' from generate_series(1, ${rows}) n`,
    [caller.ip, caller.userAgent],
  );
  await pool.query('analyze sessions');
  const samples = await createSamples(createSessionManager({ db, keys: secret }), sampleCount);
  return {
    candidates: [
      createFloor('floor: createHmac, JSON.parse, named statement of pg', samples, async (id) => {
        const { rows: found } = await pool.query({
          name: 'floor',
          text: `select ${columns} from sessions where id = $1`,
          values: [id],
        });
        return found[0];
      }),
      ...createAlternatives(db, plain, samples),
      await createExpressSessionOnPostgres(open(), sampleCount),
      await createLuciaOnPostgres(open(), sampleCount),
      ...betterAuth.map(({ getSession }) => getSession),
    ],
    async [Symbol.asyncDispose]() {
      await Promise.all([...pools.map((each) => each.end()), plain.destroy()]);
    },
  };
}

/** The same on MariaDB, or MySQL. */
export async function verifyOnMysql(url: string, rows: number, sampleCount: number): Promise<BenchServer> {
  const open = () => createPool({ uri: url, connectionLimit: poolSize });
  const pool = open().promise();
  const plain = new Kysely<SessionsDatabase>({ dialect: new MysqlDialect({ pool: open() }) });
  const db = open();
  await migrateToLatest(db);
  const values = Array.from({ length: rows }, (_, n) => [
    createHash('md5').update(String(n)).digest('hex'),
    `user${Math.floor(n / 10)}`,
    caller.ip,
    caller.ip,
    caller.userAgent,
    '{"type":"desktop","name":"Chrome on Windows"}',
    '2026-11-01',
    '2026-11-01',
    '2036-11-01',
  ]);
  for (let start = 0; start < rows; start += 5000) {
    await pool.query(`insert into sessions (id, ${columns}) values ?`, [values.slice(start, start + 5000)]);
  }
  await pool.query('analyze table sessions');
  const samples = await createSamples(createSessionManager({ db, keys: secret }), sampleCount);
  return {
    candidates: [
      createFloor('floor: createHmac, JSON.parse, execute of mysql2', samples, async (id) => {
        const [found] = await pool.execute(`select ${columns} from sessions where id = ?`, [id]);
        return found;
      }),
      ...createAlternatives(db, plain, samples),
    ],
    async [Symbol.asyncDispose]() {
      await Promise.all([pool.end(), db.promise().end(), plain.destroy()]);
    },
  };
}

/** Ours, and the usual code without us. */
function createAlternatives(
  db: AppDatabase<SessionsDatabase>,
  plain: Kysely<SessionsDatabase>,
  samples: readonly Sample[],
): Candidate[] {
  const manager = (options: Partial<SessionManagerOptions<SessionsDatabase>>) =>
    createSessionManager({ db, keys: secret, ...options });
  const cached = manager({ cache: memoryCache({ max: 10_000 }), bus: localBus() });
  return [
    createOurs("trpc-sessions, the README's lines", manager({}), samples),
    createOurs('trpc-sessions, a plain Kysely', manager({ db: plain }), samples),
    createOurs('trpc-sessions, cache and bus', cached, samples),
    createNaive('naive: jsonwebtoken with a KeyObject, Kysely', plain, createSecretKey(Buffer.from(secret)), samples),
    createNaive('naive: jsonwebtoken with a text, Kysely', plain, secret, samples),
  ];
}

function createFloor(name: string, samples: readonly Sample[], find: (id: string) => Promise<unknown>): Candidate {
  const next = cycle(samples);
  return {
    name,
    run() {
      const { token, id } = next();
      checkSignature(copyOf(token));
      return find(id);
    },
  };
}

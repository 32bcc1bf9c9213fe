import { createSecretKey } from 'node:crypto';
import {
  createSessionManager,
  localBus,
  memoryCache,
  type SessionManager,
  type SessionsDatabase,
} from '@trpc-sessions/core';
import { dataVersionGuard } from '@trpc-sessions/core/sqlite';
import jwt from 'jsonwebtoken';
import type { Kysely } from 'kysely';
import { checkSignature, columns, secret } from './floor.ts';
import type { Candidate } from './measure.ts';
import { createBetterAuth } from './peers/better-auth.ts';
import { createExpressSession } from './peers/express-session.ts';
import { createIronSession } from './peers/iron-session.ts';
import { createLucia } from './peers/lucia.ts';
import { openFile, type BenchFile } from './sqlite.ts';
import { copyCandidates } from './token-copy.ts';
import { copyOf, createSamples, cycle, type Sample } from './tokens.ts';

/** The usual code without us: a library for tokens and a query builder, both with their defaults. */
export function createNaive(
  name: string,
  db: Kysely<SessionsDatabase>,
  key: jwt.Secret,
  samples: readonly Sample[],
): Candidate {
  const next = cycle(samples);
  return {
    name,
    async run() {
      const { token, id } = next();
      jwt.verify(copyOf(token), key, { algorithms: ['HS256'] });
      return db
        .selectFrom('sessions')
        .select(['user_id', 'ip', 'created_ip', 'user_agent', 'device', 'created_at', 'last_seen_at', 'expires_at'])
        .where('id', '=', id)
        .executeTakeFirst();
    },
  };
}

/** One of ours, on tokens that come again. */
export function createOurs(name: string, manager: SessionManager, samples: readonly Sample[]): Candidate {
  const next = cycle(samples);
  return { name, run: () => manager.verify(copyOf(next().token)) };
}

/** Every way to verify one request on SQLite. The first is the floor. */
export async function verifyOnSqlite(bench: BenchFile, sampleCount: number): Promise<Candidate[]> {
  const { db, raw, own, plain, file } = bench;
  const options = { db, keys: secret } as const;
  const asking = createSessionManager(options);
  const samples = await createSamples(asking, sampleCount);
  const guard = dataVersionGuard(openFile(file, { readonly: true }));
  const select = raw.prepare(`select ${columns} from sessions where id = ?`);
  const next = cycle(samples);
  const betterAuth = [await createBetterAuth(bench, false), await createBetterAuth(bench, true)];
  return [
    {
      name: 'floor: createHmac, JSON.parse, prepared SELECT',
      run() {
        const { token, id } = next();
        checkSignature(copyOf(token));
        return Promise.resolve(select.get(id));
      },
    },
    createOurs("trpc-sessions, the README's lines", createSessionManager({ ...options, db: own }), samples),
    createOurs('trpc-sessions, a Kysely with reuseStatements', asking, samples),
    createOurs('trpc-sessions, a plain Kysely', createSessionManager({ ...options, db: plain }), samples),
    await createCold(bench),
    createOurs(
      'trpc-sessions, cache and data_version',
      createSessionManager({ ...options, db: own, cache: memoryCache({ max: 10_000, guard }) }),
      samples,
    ),
    createOurs(
      'trpc-sessions, cache and bus',
      createSessionManager({ ...options, db: own, cache: memoryCache({ max: 10_000 }), bus: localBus() }),
      samples,
    ),
    createNaive('naive: jsonwebtoken with a KeyObject, Kysely', plain, createSecretKey(Buffer.from(secret)), samples),
    createNaive('naive: jsonwebtoken with a text, Kysely', plain, secret, samples),
    await createLucia(bench, sampleCount),
    await createExpressSession(bench, sampleCount),
    await createIronSession(sampleCount),
    ...betterAuth.map(({ getSession }) => getSession),
    ...copyCandidates(samples),
  ];
}

/** More sessions than are remembered, so that each token is as good as new. */
async function createCold({ own }: BenchFile): Promise<Candidate> {
  const manager = createSessionManager({ db: own, keys: secret });
  const samples = await createSamples(manager, 12_000);
  return createOurs('trpc-sessions, tokens it has not seen', manager, samples);
}

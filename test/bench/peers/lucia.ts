import { NodePostgresAdapter } from '@lucia-auth/adapter-postgresql';
import { BetterSqlite3Adapter } from '@lucia-auth/adapter-sqlite';
import { Lucia, type Adapter } from 'lucia';
import type pg from 'pg';
import type { Candidate } from '../measure.ts';
import { openFile, type BenchFile } from '../sqlite.ts';
import { cycle } from '../tokens.ts';

const tables = { user: 'lucia_user', session: 'lucia_session' };

/** lucia v3 on SQLite, with the adapter of its own. */
export async function createLucia({ file }: BenchFile, sampleCount: number): Promise<Candidate> {
  const database = openFile(`${file}.lucia.db`);
  database.exec(`
    create table lucia_user (id text primary key);
    create table lucia_session (
      id text primary key, expires_at integer not null, user_id text not null references lucia_user (id)
    );
    insert into lucia_user values ('ada');
  `);
  return candidateOf(new BetterSqlite3Adapter(database, tables), sampleCount);
}

/** lucia v3 on PostgreSQL, with the adapter of its own. */
export async function createLuciaOnPostgres(pool: pg.Pool, sampleCount: number): Promise<Candidate> {
  await pool.query(`
    create table lucia_user (id text primary key);
    create table lucia_session (
      id text primary key, expires_at timestamptz not null, user_id text not null references lucia_user (id)
    );
    insert into lucia_user values ('ada');
  `);
  return candidateOf(new NodePostgresAdapter(pool, tables), sampleCount);
}

async function candidateOf(adapter: Adapter, sampleCount: number): Promise<Candidate> {
  const lucia = new Lucia(adapter);
  const ids: string[] = [];
  for (let n = 0; n < sampleCount; n += 1) ids.push((await lucia.createSession('ada', {})).id);
  const next = cycle(ids);
  return {
    name: 'lucia validateSession',
    async run() {
      const { session } = await lucia.validateSession(Buffer.from(next()).toString());
      return session;
    },
  };
}

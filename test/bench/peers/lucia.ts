import { BetterSqlite3Adapter } from '@lucia-auth/adapter-sqlite';
import { Lucia } from 'lucia';
import type { Candidate } from '../measure.ts';
import { openFile, type BenchFile } from '../sqlite.ts';
import { cycle } from '../tokens.ts';

/** lucia v3 on SQLite, with the adapter of its own. */
export async function createLucia({ file }: BenchFile, sampleCount: number): Promise<Candidate> {
  const database = openFile(`${file}.lucia.db`);
  database.exec(`
    create table user (id text primary key);
    create table session (id text primary key, expires_at integer not null, user_id text not null references user (id));
    insert into user values ('ada');
  `);
  const lucia = new Lucia(new BetterSqlite3Adapter(database, { user: 'user', session: 'session' }));
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

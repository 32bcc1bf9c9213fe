import { createSessionManager, type SessionManager } from '@trpc-sessions/core';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { secret } from '../support/app.ts';
import { mysql, pglite, postgres, sqlite, type DatabaseTarget, type TestDatabase } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';

/*
 * How docs/guide.md has an app's users own their sessions: `user_id` is a text, so where the users' ids are of another
 * type a generated column carries the foreign key; SQLite, which cannot add one, has a trigger.
 */

interface UserIds {
  readonly name: string;
  readonly ids: readonly [string, string];
  /** The type of `users.id`. */
  readonly type: string;
  /** `user_id`, as that type. */
  readonly cast: string;
}

const uuids = ['0b0e7a3c-5f5e-4b57-9d0c-6f1a2b3c4d5e', '1b0e7a3c-5f5e-4b57-9d0c-6f1a2b3c4d5e'] as const;

const postgresIds: readonly UserIds[] = [
  { name: 'text', ids: ['ada', 'bob'], type: 'text', cast: 'user_id::text' },
  { name: 'uuid', ids: uuids, type: 'uuid', cast: 'user_id::uuid' },
  { name: 'integer', ids: ['1', '2'], type: 'bigint', cast: 'user_id::bigint' },
];

const mysqlIds: readonly UserIds[] = [
  { name: 'text', ids: ['ada', 'bob'], type: 'varchar(255)', cast: 'user_id' },
  { name: 'uuid', ids: uuids, type: 'char(36)', cast: 'user_id' },
  { name: 'integer', ids: ['1', '2'], type: 'bigint', cast: 'cast(user_id as signed)' },
];

const sqliteIds: readonly UserIds[] = [
  { name: 'text', ids: ['ada', 'bob'], type: 'text', cast: '' },
  { name: 'uuid', ids: uuids, type: 'text', cast: '' },
  { name: 'integer', ids: ['1', '2'], type: 'integer', cast: '' },
];

async function referToUsers({ plain }: TestDatabase, { type, cast }: UserIds): Promise<void> {
  if (cast === '') {
    await sql`create trigger users_sessions after delete on users begin delete from sessions where user_id = old.id; end`.execute(
      plain,
    );
    return;
  }
  await sql`alter table sessions add column user_ref ${sql.raw(type)} generated always as (${sql.raw(cast)}) stored`.execute(
    plain,
  );
  await sql`alter table sessions add constraint sessions_user foreign key (user_ref) references users (id) on delete cascade`.execute(
    plain,
  );
}

const cases: readonly (readonly [DatabaseTarget, readonly UserIds[]])[] = [
  [sqlite, sqliteIds],
  [pglite, postgresIds],
  [postgres, postgresIds],
  [mysql, mysqlIds],
];

for (const [target, kinds] of cases) {
  describeIf(target.available, `users own their sessions on ${target.name}`, target.howToEnable, () => {
    test.each(kinds)('by a $name id', async (kind) => {
      await using database = await target.create();
      const [ada, bob] = kind.ids;
      await sql`create table users (id ${sql.raw(kind.type)} primary key)`.execute(database.plain);
      for (const id of kind.ids) await sql`insert into users (id) values (${id})`.execute(database.plain);
      await referToUsers(database, kind);
      const manager: SessionManager = createSessionManager({ db: database.db, keys: secret, maxSessionsPerUser: 2 });
      const kept = await manager.issue({ userId: bob });
      for (let n = 0; n < 3; n += 1) await manager.issue({ userId: ada });

      await sql`delete from users where id = ${ada}`.execute(database.plain);

      expect(await manager.list(ada)).toEqual([]);
      expect((await manager.verify(kept.token)).session.userId).toBe(bob);
      if (kind.cast !== '') await expect(manager.issue({ userId: ada })).rejects.toThrow(/foreign key/i);
    });
  });
}

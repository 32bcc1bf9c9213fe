import { readFileSync } from 'node:fs';
import { createSessionManager, type SessionManager } from '@trpc-sessions/core';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { databaseTimeout, secret } from '../support/app.ts';
import type { DatabaseTarget } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';

// The SQL is that of docs/guide.md. As `user_id` is a text, a generated column carries the foreign key if the ids of the
// app's users have another type. SQLite cannot add such a column: there, triggers do the same.

const guide = readFileSync(new URL('../../docs/guide.md', import.meta.url), 'utf8');
const [, section = ''] = /^### Users that own their sessions\n([\s\S]*?)^### /m.exec(guide) ?? [];
const [columnAndKey = '', triggers = ''] = [...section.matchAll(/^```sql\n([\s\S]*?)\n```$/gm)].map(([, code]) => code);
/** For each type of id, the column on PostgreSQL and on MySQL: `text generated always as (user_id::text) stored`. */
const columns = [...section.matchAll(/^\| (\w+) +\| `(.+?)` +\| `(.+?)` +\|$/gm)];

interface UserIds {
  readonly name: string;
  readonly ids: readonly [string, string];
  /** The type of `users.id`. */
  readonly type: string;
  /** Make the database delete a user's sessions with the user. */
  readonly statements: readonly string[];
}

const examples: Readonly<Record<string, readonly [string, string]>> = {
  text: ['ada', 'bob'],
  uuid: ['0b0e7a3c-5f5e-4b57-9d0c-6f1a2b3c4d5e', '1b0e7a3c-5f5e-4b57-9d0c-6f1a2b3c4d5e'],
  integer: ['1', '2'],
};

/** The guide's statements, which are for uuids on PostgreSQL, with the column of another row of its table. */
function withColumn(name: string, column: string): UserIds {
  const [type = ''] = column.split(' generated ');
  const statements = columnAndKey.replace('uuid generated always as (user_id::uuid) stored', column);
  return { name, ids: examples[name]!, type, statements: statements.split('\n') };
}

const postgresIds = columns.map(([, name = '', column = '']) => withColumn(name, column));
const mysqlIds = columns.map(([, name = '', , column = '']) => withColumn(name, column));
const sqliteIds = Object.entries(examples).map(([name, ids]) => ({
  name,
  ids,
  type: name === 'integer' ? 'integer' : 'text',
  statements: triggers.split(/\n(?=create)/),
}));

const kindsOf: Readonly<Record<DatabaseTarget['dialect'], readonly UserIds[]>> = {
  sqlite: sqliteIds,
  postgres: postgresIds,
  mysql: mysqlIds,
};

/** Sessions that the database deletes with their user. */
export function testForeignKeys(target: DatabaseTarget): void {
  describeIf(target.available, `users own their sessions on ${target.name}`, target.howToEnable, () => {
    test('the guide has the SQL for every type of id', () => {
      expect(columns.map(([, name]) => name)).toEqual(Object.keys(examples));
      expect(postgresIds[1]!.statements.join('\n')).toBe(columnAndKey);
      expect(triggers.match(/^create trigger/gm)).toHaveLength(2);
    });

    test.each(kindsOf[target.dialect])(
      'deleting a user whose id is of type $name revokes the sessions of that user alone',
      async (kind) => {
        await using database = await target.create();
        const [ada, bob] = kind.ids;
        await sql`create table users (id ${sql.raw(kind.type)} primary key)`.execute(database.plain);
        for (const id of kind.ids) await sql`insert into users (id) values (${id})`.execute(database.plain);
        for (const statement of kind.statements) await sql.raw(statement).execute(database.plain);
        const manager: SessionManager = createSessionManager({
          db: database.own,
          keys: secret,
          databaseTimeout,
          maxSessionsPerUser: 2,
        });
        const kept = await manager.issue({ userId: bob });
        for (let n = 0; n < 3; n += 1) await manager.issue({ userId: ada });

        await sql`delete from users where id = ${ada}`.execute(database.plain);

        expect(await manager.list(ada)).toEqual([]);
        expect((await manager.verify(kept.token)).session.userId).toBe(bob);
        await expect(manager.issue({ userId: ada })).rejects.toMatchObject({ reason: 'invalid_credentials' });
        if (target.withoutTransactions !== true) {
          await expect(
            database.db.transaction().execute((trx) => manager.issue({ userId: ada }, { trx })),
          ).rejects.toMatchObject({ reason: 'invalid_credentials' });
        }
        expect(await manager.list(ada)).toEqual([]);
      },
    );
  });
}

import type { SessionsDatabase } from '@trpc-sessions/core';
import { sql, type Kysely } from 'kysely';
import { expect, test } from 'vitest';
import type { DatabaseTarget } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';

/** A line for each column: its name, its type, and whether it may be null. */
type Describe = (db: Kysely<SessionsDatabase>) => Promise<readonly string[]>;

const describeSqlite: Describe = async (db) => {
  const { rows } = await sql<{ name: string; type: string; nullable: number }>`
    select name, lower(type) as type, "notnull" = 0 as nullable from pragma_table_info('sessions')
  `.execute(db);
  return rows.map(({ name, type, nullable }) => `${name} ${type}${nullable === 1 ? ' null' : ''}`);
};

const describePostgres: Describe = async (db) => {
  const { rows } = await sql<{ column: string }>`
    select concat(a.attname, ' ', format_type(a.atttypid, a.atttypmod),
      case when a.attcollation not in (0, 100) then ' collate ' || quote_ident(c.collname) end,
      case when not a.attnotnull then ' null' end) as column
    from pg_attribute a join pg_class t on t.oid = a.attrelid left join pg_collation c on c.oid = a.attcollation
    where t.relname = 'sessions' and a.attnum > 0 and not a.attisdropped
    order by a.attnum
  `.execute(db);
  return rows.map(({ column }) => column);
};

const describeMysql: Describe = async (db) => {
  const { rows } = await sql<{ column: string }>`
    select concat(column_name, ' ', column_type,
      if(column_name in ('id', 'user_id'), concat(' collate ', collation_name),
        ifnull(concat(' character set ', character_set_name), '')),
      if(is_nullable = 'YES', ' null', '')) as \`column\`
    from information_schema.columns
    where table_schema = database() and table_name = 'sessions'
    order by ordinal_position
  `.execute(db);
  return rows.map(({ column }) => column);
};

const sqliteColumns = [
  'id text',
  'user_id text',
  'created_at integer',
  'last_seen_at integer',
  'expires_at integer',
  'ip text null',
  'created_ip text null',
  'user_agent text null',
  'device text',
  'name text null',
  'data text null',
  'updated_at integer null',
  'generation integer null',
  'grace_until integer null',
];

const postgresColumns = [
  'id character varying(32) collate "C"',
  'user_id character varying(255) collate "C"',
  'created_at timestamp(3) with time zone',
  'last_seen_at timestamp(3) with time zone',
  'expires_at timestamp(3) with time zone',
  'ip character varying(45) null',
  'created_ip character varying(45) null',
  'user_agent text null',
  'device text',
  'name text null',
  'data text null',
  'updated_at timestamp(3) with time zone null',
  'generation integer null',
  'grace_until timestamp(3) with time zone null',
];

const mysqlColumns = [
  'id varchar(32) collate ascii_bin',
  'user_id varchar(255) collate utf8mb4_nopad_bin',
  'created_at datetime(3)',
  'last_seen_at datetime(3)',
  'expires_at datetime(3)',
  'ip varchar(45) character set ascii null',
  'created_ip varchar(45) character set ascii null',
  'user_agent text character set utf8mb4 null',
  'device text character set utf8mb4',
  'name text character set utf8mb4 null',
  'data text character set utf8mb4 null',
  'updated_at datetime(3) null',
  'generation int(11) null',
  'grace_until datetime(3) null',
];

const expected: Readonly<Record<DatabaseTarget['dialect'], readonly [Describe, readonly string[]]>> = {
  sqlite: [describeSqlite, sqliteColumns],
  postgres: [describePostgres, postgresColumns],
  mysql: [describeMysql, mysqlColumns],
};

/** The table as the database itself describes it: natural types, and ids that are compared byte by byte. */
export function testColumns(target: DatabaseTarget): void {
  const [describeColumns, columns] = expected[target.dialect];
  describeIf(target.available, `the sessions table on ${target.name}`, target.howToEnable, () => {
    test('has columns of natural types', async () => {
      await using database = await target.create();
      expect(await describeColumns(database.plain)).toEqual(columns);
    });
  });
}

import { readFileSync } from 'node:fs';
import { migrateToLatest } from '@trpc-sessions/core';
import SqliteDatabase from 'better-sqlite3';
import { expect, test } from 'vitest';

// The tools themselves run in test/packed/orm.test.ts, every night.

test('the page for Drizzle and Prisma names every table of ours', async () => {
  const page = readFileSync(new URL('../../docs/orm.md', import.meta.url), 'utf8');
  const [, prisma = ''] = /```js title="prisma\.config\.js"\n([\s\S]*?)```/.exec(page) ?? [];
  const external = [...prisma.matchAll(/'((?:trpc_)?sessions\w*)'/g)].map(([, name = '']) => name);
  const [, filter = ''] = /tablesFilter: \[(.*)\]/.exec(page) ?? [];
  const patterns = [...filter.matchAll(/'!(\w+)(\*?)'/g)].map(
    ([, name, star]) => new RegExp(`^${name}${star && '.*'}$`),
  );
  const database = new SqliteDatabase(':memory:');
  await migrateToLatest(database);
  const tables = database.prepare("select name from sqlite_master where type = 'table'").pluck().all() as string[];
  database.close();
  expect(external.toSorted()).toEqual(tables.toSorted());
  expect(tables.filter((name) => !patterns.some((pattern) => pattern.test(name)))).toEqual([]);
});

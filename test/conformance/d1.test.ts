import type { SessionsDatabase } from '@trpc-sessions/core';
import { sql, type Kysely } from 'kysely';
import { afterAll } from 'vitest';
import { d1Dialect } from '../runtimes/d1.ts';
import { startD1, type D1Server } from '../runtimes/d1-server.ts';
import type { TableShape } from '../support/database-pool.ts';
import { pooled } from '../support/database.ts';
import { isEnabled } from '../support/slow-suites.ts';
import { testColumns } from './columns.ts';
import { testForeignKeys } from './foreign-keys.ts';
import { testFormerRelease } from './former-release.ts';
import { testHistory } from './history.ts';
import { testOldCredentials } from './old-credentials.ts';
import { testPages } from './pages.ts';
import { testReissuing } from './reissuing.ts';
import { testRowCounts } from './row-counts.ts';
import { testSessions } from './sessions.ts';
import { testStaff } from './staff.ts';
import { testUpdating } from './updating.ts';
import { testWithoutTransactions } from './without-transactions.ts';

let server: Promise<D1Server> | undefined;
afterAll(async () => {
  await (await server)?.[Symbol.asyncDispose]();
});

/** The tables, without those of D1 itself. */
async function listTables(db: Kysely<SessionsDatabase>): Promise<readonly TableShape[]> {
  const { rows } = await sql<TableShape>`
    select '"' || name || '"' as name,
      (select group_concat(part.sql, ';') from sqlite_master part where part.tbl_name = made.name) as shape
    from sqlite_master made
    where type = 'table' and name not like '_cf_%' and name not like 'sqlite_%'
    order by name
  `.execute(db);
  return rows;
}

const d1 = pooled(
  {
    name: 'D1',
    dialect: 'sqlite',
    withoutTransactions: true,
    available: isEnabled('RUNTIMES'),
    howToEnable: 'set RUNTIMES=1; it installs workerd from the npm registry',
  },
  async () => {
    const { databases } = await (server ??= startD1(1));
    const [database] = databases;
    return {
      dialect: d1Dialect(database!),
      listTables,
      async dropTables(db) {
        for (const { name } of await listTables(db)) await sql`drop table ${sql.raw(name)}`.execute(db);
      },
      close: () => Promise.resolve(),
    };
  },
);

testSessions(d1);
testColumns(d1);
testForeignKeys(d1);
testOldCredentials(d1);
testPages(d1);
testFormerRelease(d1);
testRowCounts(d1);
testWithoutTransactions(d1);
testStaff(d1);
testReissuing(d1);
testUpdating(d1);
testHistory(d1);

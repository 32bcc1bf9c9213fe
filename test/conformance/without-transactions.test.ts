import { localBus, memoryCache } from '@trpc-sessions/core';
import { postgresWithoutTransactions, sqliteWithoutTransactions } from '../support/database.ts';
import { testForeignKeys } from './foreign-keys.ts';
import { testOldCredentials } from './old-credentials.ts';
import { testPages } from './pages.ts';
import { testReissuing } from './reissuing.ts';
import { testRowCounts } from './row-counts.ts';
import { testSessions } from './sessions.ts';
import { testStaff } from './staff.ts';
import { testUpdating } from './updating.ts';
import { testWithoutTransactions } from './without-transactions.ts';

for (const target of [sqliteWithoutTransactions, postgresWithoutTransactions]) {
  testSessions(target);
  testSessions(target, () => ({ cache: memoryCache({ max: 1000 }), bus: localBus() }));
  testForeignKeys(target);
  testOldCredentials(target);
  testPages(target);
  testStaff(target);
  testRowCounts(target);
  testReissuing(target);
  testUpdating(target);
  testWithoutTransactions(target);
}

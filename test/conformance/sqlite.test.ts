import { localBus, memoryCache } from '@trpc-sessions/core';
import {
  sqlite,
  sqliteCamelCase,
  sqliteDatabase,
  sqliteGuarded,
  sqliteReusingStatements,
  sqliteWithoutTransactions,
} from '../support/database.ts';
import { testColumns } from './columns.ts';
import { testForeignKeys } from './foreign-keys.ts';
import { testFormerRelease } from './former-release.ts';
import { testHistory } from './history.ts';
import { testIssuingInTransactions } from './issuing-in-transactions.ts';
import { testChangeCredentials, testOldCredentials } from './old-credentials.ts';
import { testPages } from './pages.ts';
import { testPlans } from './plans.ts';
import { testReissuing } from './reissuing.ts';
import { testRevokingInTransactions } from './revoking-in-transactions.ts';
import { testRowCounts } from './row-counts.ts';
import { testSessions } from './sessions.ts';
import { testStaff } from './staff.ts';
import { testUpdating, testUpdatingInTransactions } from './updating.ts';

for (const target of [sqlite, sqliteReusingStatements, sqliteCamelCase, sqliteDatabase]) testSessions(target);
testSessions(sqliteDatabase, () => ({ cache: memoryCache({ max: 1000 }), bus: localBus() }));
testSessions(sqliteReusingStatements, () => ({ cache: memoryCache({ max: 1000 }), bus: localBus() }));
testSessions(sqliteGuarded, ({ guard }) => ({ cache: memoryCache({ max: 1000, guard }) }));
testColumns(sqlite);
for (const target of [sqlite, sqliteDatabase]) testForeignKeys(target);
for (const target of [sqlite, sqliteCamelCase, sqliteDatabase]) {
  testOldCredentials(target);
  testChangeCredentials(target);
}
for (const target of [sqlite, sqliteReusingStatements, sqliteCamelCase, sqliteDatabase]) {
  testIssuingInTransactions(target);
}
for (const target of [sqlite, sqliteDatabase]) testPages(target);
testPlans(sqlite);
for (const target of [sqlite, sqliteDatabase]) testRevokingInTransactions(target);
testFormerRelease(sqlite);
testRowCounts(sqlite);
testStaff(sqlite);
for (const target of [sqlite, sqliteCamelCase, sqliteDatabase]) {
  testReissuing(target);
  testUpdating(target);
  testUpdatingInTransactions(target);
}
for (const target of [sqlite, sqliteCamelCase, sqliteDatabase, sqliteWithoutTransactions]) testHistory(target);

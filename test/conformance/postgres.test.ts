import { localBus, memoryCache } from '@trpc-sessions/core';
import { postgres, postgresInSchema, postgresPool, postgresReusingStatements } from '../support/database.ts';
import { slow } from '../support/optional.ts';
import { testColumns } from './columns.ts';
import { testForeignKeys } from './foreign-keys.ts';
import { testFormerRelease } from './former-release.ts';
import { testHistory } from './history.ts';
import { testIssuingInTransactions } from './issuing-in-transactions.ts';
import { testChangeCredentials, testOldCredentials, testOldCredentialsInTransactions } from './old-credentials.ts';
import { testPages } from './pages.ts';
import { testPlans } from './plans.ts';
import { testReissuing } from './reissuing.ts';
import { testRevokingInTransactions, testRevokingWhileOthersRead } from './revoking-in-transactions.ts';
import { testRowCounts } from './row-counts.ts';
import { testSessions } from './sessions.ts';
import { testStaff } from './staff.ts';
import { testTransactions } from './transactions.ts';
import { testUpdating, testUpdatingInTransactions } from './updating.ts';

for (const target of [slow(postgres), postgresInSchema, postgresReusingStatements, postgresPool]) testSessions(target);
testSessions(postgres, () => ({ cache: memoryCache({ max: 1000 }), bus: localBus() }));
testColumns(postgres);
testForeignKeys(postgres);
for (const target of [postgres, postgresInSchema]) {
  testOldCredentials(target);
  testChangeCredentials(target);
}
testOldCredentialsInTransactions(postgres);
testOldCredentials(postgresPool);
for (const target of [postgres, postgresInSchema, postgresReusingStatements, postgresPool])
  testIssuingInTransactions(target);
testPages(postgres);
testPlans(postgres);
testRevokingInTransactions(postgres);
testRevokingWhileOthersRead(postgres);
testFormerRelease(postgres);
testRowCounts(postgres);
testTransactions(postgres);
testStaff(postgres);
testReissuing(postgres);
testUpdating(postgres);
testUpdatingInTransactions(postgres);
for (const target of [postgres, postgresInSchema]) testHistory(target);
testUpdating(postgresPool);

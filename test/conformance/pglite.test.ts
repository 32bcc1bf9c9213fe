import { pglite } from '../support/database.ts';
import { testColumns } from './columns.ts';
import { testForeignKeys } from './foreign-keys.ts';
import { testFormerRelease } from './former-release.ts';
import { testHistory } from './history.ts';
import { testIssuingInTransactions } from './issuing-in-transactions.ts';
import { testChangeCredentials, testOldCredentials } from './old-credentials.ts';
import { testPages } from './pages.ts';
import { testPlans } from './plans.ts';
import { testReissuing } from './reissuing.ts';
import { testRowCounts } from './row-counts.ts';
import { testSessions } from './sessions.ts';
import { testStaff } from './staff.ts';
import { testUpdating, testUpdatingInTransactions } from './updating.ts';

// All suites of PGlite are in this file: a worker that has started one, which takes seconds, keeps it.

testSessions(pglite);
testColumns(pglite);
testForeignKeys(pglite);
testOldCredentials(pglite);
testChangeCredentials(pglite);
testIssuingInTransactions(pglite);
testPages(pglite);
testPlans(pglite);
testFormerRelease(pglite);
testRowCounts(pglite);
testStaff(pglite);
testReissuing(pglite);
testUpdating(pglite);
testUpdatingInTransactions(pglite);
testHistory(pglite);

import { localBus, memoryCache } from '@trpc-sessions/core';
import { mysql, mysqlReusingStatements } from '../support/database.ts';
import { testColumns } from './columns.ts';
import { testForeignKeys } from './foreign-keys.ts';
import { testPages } from './pages.ts';
import { testPlans } from './plans.ts';
import { testRowCounts } from './row-counts.ts';
import { testSessions } from './sessions.ts';
import { testTransactions } from './transactions.ts';

for (const target of [mysql, mysqlReusingStatements]) testSessions(target);
testSessions(mysql, () => ({ cache: memoryCache({ max: 1000 }), bus: localBus() }));
testColumns(mysql);
testForeignKeys(mysql);
testPages(mysql);
testPlans(mysql);
testRowCounts(mysql);
testTransactions(mysql);

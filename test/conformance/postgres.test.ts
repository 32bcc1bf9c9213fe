import { localBus, memoryCache } from '@trpc-sessions/core';
import { postgres, postgresInSchema, postgresReusingStatements } from '../support/database.ts';
import { testColumns } from './columns.ts';
import { testForeignKeys } from './foreign-keys.ts';
import { testPages } from './pages.ts';
import { testPlans } from './plans.ts';
import { testRowCounts } from './row-counts.ts';
import { testSessions } from './sessions.ts';
import { testTransactions } from './transactions.ts';

for (const target of [postgres, postgresInSchema, postgresReusingStatements]) testSessions(target);
testSessions(postgres, () => ({ cache: memoryCache({ max: 1000 }), bus: localBus() }));
testColumns(postgres);
testForeignKeys(postgres);
testPages(postgres);
testPlans(postgres);
testRowCounts(postgres);
testTransactions(postgres);

import { localBus, memoryCache } from '@trpc-sessions/core';
import { allDatabases, mysql, postgres, sqliteGuarded, sqliteReusingStatements } from '../support/database.ts';
import { testSessions } from './sessions.ts';

for (const target of allDatabases) testSessions(target);

for (const target of [sqliteReusingStatements, postgres, mysql]) {
  testSessions(target, () => ({ cache: memoryCache({ max: 1000 }), bus: localBus() }));
}

testSessions(sqliteGuarded, ({ guard }) => ({ cache: memoryCache({ max: 1000, guard }) }));

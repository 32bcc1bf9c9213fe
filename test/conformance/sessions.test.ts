import { localBus, memoryCache } from '@trpc-sessions/core';
import { allDatabases, postgres, sqliteReusingStatements } from '../support/database.ts';
import { testSessions } from './sessions.ts';

for (const target of allDatabases) testSessions(target);

for (const target of [sqliteReusingStatements, postgres]) {
  testSessions(target, () => ({ cache: memoryCache({ max: 1000 }), bus: localBus() }));
}

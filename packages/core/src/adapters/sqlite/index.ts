export { dataVersionGuard, type GuardDatabase } from './data-version-guard.ts';
export { reuseStatements } from '../../drivers/sqlite/statements.ts';

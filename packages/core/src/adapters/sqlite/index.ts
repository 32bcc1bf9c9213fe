export { dataVersionGuard, type GuardDatabase } from './data-version-guard.ts';
export { reuseStatements } from './statements.ts';

export { reuseStatements, type ReuseStatementsOptions } from './statements.ts';

export { reuseStatements } from './statements.ts';

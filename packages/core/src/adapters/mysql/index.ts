export { reuseStatements, type ReuseStatementsOptions } from '../../drivers/mysql/statements.ts';

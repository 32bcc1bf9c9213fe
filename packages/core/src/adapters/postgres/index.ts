export {
  postgresBus,
  type PostgresBusOptions,
  type PostgresClient,
  type PostgresNotification,
  type PostgresPool,
} from './bus.ts';
export { reuseStatements } from '../../drivers/postgres/statements.ts';

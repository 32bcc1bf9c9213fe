export {
  postgresBus,
  type PostgresBusOptions,
  type PostgresClient,
  type PostgresNotification,
  type PostgresPool,
} from './bus.ts';
export { reuseStatements } from './statements.ts';

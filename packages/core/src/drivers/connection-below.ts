import { sharedByCopies } from '../shared-by-copies.ts';
import type { DirectConnection } from './direct-connection.ts';

/** A connection that answers look-ups at once. */
export type LookupConnection = Pick<DirectConnection, 'isInTransaction' | 'first'>;

/**
 * The connections that gave rows. A Kysely passes rows on as they are, and shows nothing else of its driver: so they lead to the
 * connection below it.
 */
const connections = sharedByCopies('connections-below', () => new WeakMap<object, LookupConnection>());

/** Marks rows of a connection. Returns them. */
export function markRows<TRows extends object>(rows: TRows, connection: LookupConnection): TRows {
  connections.set(rows, connection);
  return rows;
}

/** The connection that gave rows, if `reuseStatements` wraps it and the rows are marked. */
export function connectionBelow(rows: object): LookupConnection | undefined {
  return connections.get(rows);
}

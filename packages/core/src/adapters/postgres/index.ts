import pg from 'pg';
import type { Bus } from '../../bus/bus.ts';
import {
  createRemoteBus,
  readChannel,
  readHeartbeat,
  type ConnectionEvents,
  type ListeningConnection,
  type RemoteBusOptions,
} from '../../bus/reconnecting-bus.ts';

/** What {@link postgresBus} takes beside the pool. */
export interface PostgresBusOptions extends RemoteBusOptions {
  /**
   * Makes the connection to listen on, not yet connected, anew for each time that one is lost. To be set where the pool's
   * connections cannot listen: behind PgBouncer in transaction mode, or another pooler that lends a connection for a
   * transaction only, connect to PostgreSQL itself. @defaultValue a `pg.Client` with the options of the pool
   */
  readonly listener?: (() => PostgresClient) | undefined;
}

/** What is needed of a `pg.Pool`. */
export interface PostgresPool {
  readonly options: object;
  query(text: string, values: unknown[]): Promise<unknown>;
}

/** What is needed of a `pg.Client`. */
export interface PostgresClient {
  connect(): Promise<unknown>;
  query(text: string): Promise<{ readonly rows: readonly unknown[] }>;
  end(): Promise<unknown>;
  on(event: 'notification', listener: (message: PostgresNotification) => void): unknown;
  on(event: 'error' | 'end', listener: () => void): unknown;
}

/** What is needed of a notification. */
export interface PostgresNotification {
  readonly payload?: string | undefined;
}

/** PostgreSQL's limits, in bytes. */
const maxPayload = 7999;
const maxChannel = 63;
/** A connection that is not made in this time, in milliseconds, is given up, whatever the server does. */
const connectTimeout = 10_000;

/**
 * Tells all processes of an app which sessions were ended, by `LISTEN` and `NOTIFY`: PostgreSQL is then all that is needed.
 * Nothing is stored, and what is sent opens nothing: user ids and session ids.
 *
 * It notifies through the app's pool, and listens on one connection of its own that is not the pool's: count it towards
 * `max_connections`. What could not be told is made up for once the database is back, by emptying the others' caches.
 *
 * @param pool - the `pg.Pool` that the app's Kysely has, or another to the same database
 * @returns the `bus` of a manager. Its `publish` rejects when the message was not handed over within a `heartbeat`, and with
 *   a `RangeError` when it is longer than the 7999 bytes that PostgreSQL carries.
 * @throws {TypeError} the pool is none, or an option is wrong
 * @throws {RangeError} `channel` is longer than 63 bytes, or `heartbeat` is no duration, or not from 100 milliseconds to an hour
 *
 * @example
 * ```ts
 * import { createSessionManager, memoryCache } from '@trpc-sessions/core';
 * import { postgresBus } from '@trpc-sessions/core/postgres';
 *
 * const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
 * const manager = createSessionManager({ db, keys, cache: memoryCache({ max: 100_000 }), bus: postgresBus(pool) });
 * ```
 *
 * @example Behind PgBouncer
 * ```ts
 * const bus = postgresBus(pool, { listener: () => new pg.Client(process.env.DIRECT_DATABASE_URL) });
 * ```
 */
export function postgresBus(pool: PostgresPool, options: PostgresBusOptions = {}): Bus {
  if (typeof pool.query !== 'function' || typeof pool.options !== 'object')
    throw new TypeError('pool: expected a pg.Pool');
  const channel = readChannel(options.channel ?? 'trpc-sessions');
  if (Buffer.byteLength(channel) > maxChannel)
    throw new RangeError(`channel: PostgreSQL takes at most ${maxChannel} bytes`);
  const { listener = () => createClient(pool) } = options;
  return createRemoteBus(
    {
      async send(message) {
        const length = Buffer.byteLength(message);
        if (length > maxPayload)
          throw new RangeError(`bus: PostgreSQL carries at most ${maxPayload} bytes, got ${length}`);
        await pool.query('select pg_notify($1, $2)', [channel, message]);
      },
      open: (events) => open(listener(), channel, events),
    },
    readHeartbeat(options.heartbeat),
  );
}

function createClient({ options }: PostgresPool): pg.Client {
  // Not spread: a pool hides its password from enumeration.
  return new pg.Client(
    Object.defineProperties(
      {},
      {
        ...Object.getOwnPropertyDescriptors(options),
        connectionTimeoutMillis: { value: connectTimeout, enumerable: true },
      },
    ),
  );
}

function open(client: PostgresClient, channel: string, events: ConnectionEvents): ListeningConnection {
  client.on('error', events.lost);
  client.on('end', events.lost);
  client.on('notification', ({ payload = '' }) => events.message(payload));
  client
    .connect()
    .then(() => client.query(`listen "${channel.replaceAll('"', '""')}"`))
    .then(events.listening)
    .catch(events.lost);

  async function ping(): Promise<void> {
    // Told by the very connection that listens: a pooler between may have passed LISTEN to another, which nobody reads.
    const { rows } = await client.query('select pg_listening_channels()');
    if (rows.length === 0) throw new Error('bus: the connection does not listen any longer');
  }

  return {
    ping,
    close() {
      // With a query under way pg closes at once, where it would otherwise wait for the server's good-bye.
      ping().catch(() => {});
      return client.end();
    },
  };
}

export { reuseStatements } from './statements.ts';

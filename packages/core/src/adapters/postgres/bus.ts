import pg from 'pg';
import type { Bus } from '../../bus/bus.ts';
import type { ConnectionEvents, ListeningConnection } from '../../bus/driver.ts';
import { readChannel } from '../../bus/channel.ts';
import { createReconnectingBus, readHeartbeat, type ReconnectingBusOptions } from '../../bus/reconnecting-bus.ts';

/** Options of {@link postgresBus}. */
export interface PostgresBusOptions extends ReconnectingBusOptions {
  /**
   * Creates the connection to listen on, not yet connected; called again after each loss. Set it behind PgBouncer in
   * transaction mode, or any pooler that lends a connection for one transaction only: connect to PostgreSQL itself.
   * @defaultValue a `pg.Client` with the options of the pool
   */
  readonly listener?: (() => PostgresClient) | undefined;
}

/** The part of a `pg.Pool` that {@link postgresBus} uses. */
export interface PostgresPool {
  readonly options: object;
  query(text: string, values: unknown[]): Promise<unknown>;
}

/** The part of a `pg.Client` that {@link postgresBus} uses. */
export interface PostgresClient {
  connect(): Promise<unknown>;
  query(text: string, values?: unknown[]): Promise<unknown>;
  end(): Promise<unknown>;
  on(event: 'notification', listener: (message: PostgresNotification) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
}

/** The part of a notification that {@link postgresBus} uses. */
export interface PostgresNotification {
  readonly payload?: string | undefined;
}

/** PostgreSQL's limits, in bytes. */
const maxPayload = 7999;
const maxChannel = 63;
/** Time limit for connecting, in milliseconds. */
const connectTimeout = 10_000;

/**
 * Publishes revoked sessions to all processes of an app by `LISTEN` and `NOTIFY`, with no other server than PostgreSQL.
 * Nothing is stored, and a message opens nothing: it holds user ids and session ids.
 *
 * It publishes and listens on one connection outside the pool: count it towards `max_connections`. It uses the pool to check
 * that connection, and to publish while it is not connected.
 * After messages were lost, it empties the other processes' caches once the database is back.
 *
 * @param pool - the `pg.Pool` of the app's Kysely, or another to the same database
 * @returns the `bus` of a manager. Its `publish` rejects if PostgreSQL has not taken the message within a `heartbeat`, and
 *   with a `RangeError` for a message over 7999 bytes, the most that PostgreSQL carries.
 * @throws {TypeError} `pool` is not a pool, or an option is wrong
 * @throws {RangeError} `channel` is longer than 63 bytes, or `heartbeat` is not a duration from 100 milliseconds to an hour
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
  const channel = readChannel(options.channel);
  if (Buffer.byteLength(channel) > maxChannel)
    throw new RangeError(`channel: PostgreSQL takes at most ${maxChannel} bytes`);
  const { listener = () => createClient(pool) } = options;
  return createReconnectingBus(
    {
      send: (message) => notify(pool, channel, message),
      open: (events) => open(listener(), channel, events),
      silenceHint:
        'a pooler in transaction mode, such as PgBouncer, drops them: set `listener` to connect to PostgreSQL itself',
    },
    readHeartbeat(options.heartbeat),
  );
}

async function notify(connection: Pick<PostgresPool, 'query'>, channel: string, message: string): Promise<void> {
  const length = Buffer.byteLength(message);
  if (length > maxPayload) throw new RangeError(`bus: PostgreSQL carries at most ${maxPayload} bytes, got ${length}`);
  await connection.query('select pg_notify($1, $2)', [channel, message]);
}

function createClient({ options }: PostgresPool): pg.Client {
  // Not a spread: the password of a pool is not enumerable.
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
  let isIdle = true;
  let last: Promise<unknown> = Promise.resolve();

  /** One query at a time: `pg` wants the app to wait. */
  function query(text: string, values?: unknown[]): Promise<unknown> {
    const answer = last.then(() => {
      isIdle = false;
      return client.query(text, values);
    });
    last = answer.catch(() => {}).then(() => (isIdle = true));
    return answer;
  }

  client.on('error', events.lost);
  client.on('end', () => events.lost());
  client.on('notification', ({ payload = '' }) => events.message(payload));
  client
    .connect()
    .then(() => query(`listen "${channel.replaceAll('"', '""')}"`))
    .then(events.listening)
    .catch(events.lost);

  return {
    ping: () => query('select pg_listening_channels()'),
    send: (message) => notify({ query }, channel, message),
    close() {
      // With a query under way, pg closes at once. Otherwise it waits for the server to close.
      if (isIdle) client.query('select 1').catch(() => {});
      return client.end();
    },
  };
}

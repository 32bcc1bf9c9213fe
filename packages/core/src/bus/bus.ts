import type { CreateLimiter } from '../sign-in/rate-limiters.ts';

/**
 * Carries messages between the processes of an app: which sessions were revoked. Made by `redisBus` of
 * `@trpc-sessions/core/redis`, by `postgresBus` of `@trpc-sessions/core/postgres`, or by `localBus`.
 *
 * A bus may lose, repeat and delay messages. A cache stays right: {@link BusListener.disconnected} empties it, and without
 * that call a lost message counts after its `maxAge`.
 */
export interface Bus {
  /**
   * Sends a message to every subscriber; whether that includes this process is up to the bus. Rejects if it was not sent:
   * the manager then retries with a message that has every process check its sessions.
   */
  publish(message: string): Promise<void>;
  /**
   * Subscribes. After {@link BusListener.connected}, every message that is published arrives, until
   * {@link BusListener.disconnected}.
   *
   * @returns a function that unsubscribes and closes the connections that subscribing opened
   */
  subscribe(listener: BusListener): () => Promise<void>;
  /** Creates limiters of attempts to sign in, on a server that keeps data: Redis. @defaultValue none */
  readonly limiters?: CreateLimiter | undefined;
  /** Whether it stays in this process: there are no others, says the app. @defaultValue `false` */
  readonly isLocal?: boolean | undefined;
}

/** Receives from a {@link Bus}. */
export interface BusListener {
  /** A text that is not one of the manager's messages empties its cache: a bus sends one after it has lost messages. */
  message(message: string): void;
  /** Messages arrive from now on: called once at first, and again after each {@link BusListener.disconnected}. */
  connected(): void;
  /** Messages may have been lost, from some moment before this call. */
  disconnected(): void;
  /** Messages do not arrive, for this reason. The bus retries by itself. */
  fault?(error: unknown): void;
}

import { parseDuration, type Duration } from '../duration.ts';
import type { Bus, BusListener } from './bus.ts';
import type { BusDriver, ListeningConnection } from './driver.ts';
import { resyncMessage } from './message.ts';
import { within } from './timeouts.ts';
import { openWatchedConnection, type Loss, type WatchedConnectionOptions } from './watched-connection.ts';

/** Options of every bus that has a server. */
export interface ReconnectingBusOptions {
  /** The same in all processes of one app; apps that share a server need a channel each. @defaultValue `'trpc-sessions'` */
  readonly channel?: string | undefined;
  /**
   * How often the bus publishes a message to itself. If that does not arrive within the same time, or the server does not
   * answer, the connection counts as lost. It is also the time limit for publishing a message. From 100 milliseconds to an
   * hour. @defaultValue `'5s'`
   */
  readonly heartbeat?: Duration | undefined;
}

/** In milliseconds. */
const maxHeartbeat = 3_600_000;
/** The pause before reconnecting doubles from the first to the last, in milliseconds. */
const pauses = { first: 100, last: 5_000 };
/** Bounds the memory that a slow server can cost. */
const maxInFlight = 100;

export function readHeartbeat(heartbeat: Duration = '5s'): number {
  const milliseconds = parseDuration('heartbeat', heartbeat, 100);
  if (milliseconds > maxHeartbeat)
    throw new RangeError(`heartbeat: must be at most 1h, got ${JSON.stringify(heartbeat)}`);
  return milliseconds;
}

/** A bus over a driver's server: it watches its connection, and reconnects. */
export function createReconnectingBus(driver: BusDriver, heartbeat: number): Bus {
  let inFlight = 0;
  let hasLostMessages = false;
  let connected: ListeningConnection | undefined;

  /** Publishes on the listening connection if that takes messages: the app's connections may all be in use. */
  function send(message: string): Promise<unknown> {
    return connected?.send?.(message) ?? driver.send(message);
  }

  async function handOver(sending: (message: string) => Promise<unknown>, message: string): Promise<void> {
    if (inFlight >= maxInFlight) throw new Error(`bus: ${maxInFlight} messages wait for the server to take them`);
    inFlight += 1;
    const sent = sending(message).finally(() => (inFlight -= 1));
    await within(heartbeat, sent, 'bus: the server did not take the message in time');
  }

  async function publish(message: string): Promise<void> {
    try {
      await handOver(send, message);
    } catch (error) {
      hasLostMessages = true;
      throw error;
    }
    resync();
  }

  /** Lost messages are not kept, which would grow without bound: one message stands for all of them. */
  function resync(): void {
    if (!hasLostMessages) return;
    hasLostMessages = false;
    // If this fails, the next probe retries.
    publish(resyncMessage).catch(() => {});
  }

  /** On another connection than it arrives on: that proves that the server delivers. */
  async function sendProbe(probe: string): Promise<void> {
    await handOver(driver.send, probe);
    resync();
  }

  const onConnection = (connection: ListeningConnection | undefined): void => void (connected = connection);

  return { publish, subscribe: (listener) => keepListening(listener, { driver, heartbeat, sendProbe, onConnection }) };
}

interface KeepListeningOptions extends Pick<WatchedConnectionOptions, 'driver' | 'heartbeat' | 'sendProbe'> {
  /** The connection that is connected now, if any. */
  readonly onConnection: (connection: ListeningConnection | undefined) => void;
}

/** Keeps one listening connection open, and opens a new one after each loss. Returns a function that closes it for good. */
function keepListening(listener: BusListener, { onConnection, ...options }: KeepListeningOptions): () => Promise<void> {
  let failures = 0;
  let reported: string | undefined;
  let close = (): Promise<void> => Promise.resolve();

  /** Reports a fault once, however often it recurs before the bus is well again. */
  function report(error: unknown): void {
    if (String(error) === reported) return;
    reported = String(error);
    listener.fault?.(error);
  }

  function start(): void {
    close = openWatchedConnection({
      ...options,
      onConnected(connection) {
        onConnection(connection);
        listener.connected();
      },
      onHeartbeat() {
        failures = 0;
        reported = undefined;
      },
      onMessage: (message) => listener.message(message),
      onFault: report,
      onLost: restart,
    });
  }

  function restart({ error, wasConnected, closed }: Loss): void {
    onConnection(undefined);
    if (error !== undefined) report(error);
    if (wasConnected) listener.disconnected();
    const pause = Math.min(pauses.last, pauses.first * 2 ** failures);
    failures += 1;
    // Random, so that not all processes reconnect at once when the server is back.
    const timer = setTimeout(start, pause * (0.5 + Math.random() / 2)).unref();
    close = () => {
      clearTimeout(timer);
      return closed;
    };
  }

  start();
  return async () => {
    onConnection(undefined);
    await within(options.heartbeat, close(), 'late').catch(() => {});
  };
}

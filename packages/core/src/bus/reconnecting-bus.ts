import type { Bus, BusListener } from './bus.ts';
import { parseDuration, type Duration } from '../duration.ts';

/** Options of every bus that has a server. */
export interface ReconnectingBusOptions {
  /** The same in all processes of one app; apps that share a server need a channel each. @defaultValue `'trpc-sessions'` */
  readonly channel?: string | undefined;
  /**
   * How often the listening connection is checked. A connection that does not answer within the same time counts as lost,
   * so that a silent one is noticed within twice this time. It is also the time limit for publishing a message. From 100
   * milliseconds to an hour. @defaultValue `'5s'`
   */
  readonly heartbeat?: Duration | undefined;
}

/** The part of a bus that depends on its server. */
export interface BusDriver {
  /** Hands a message to the server. Rejects at once if the client knows that it is not connected. */
  readonly send: (message: string) => Promise<unknown>;
  /** Opens a connection and subscribes on it. The connection must not reconnect by itself: that would lose messages silently. */
  readonly open: (events: ConnectionEvents) => ListeningConnection;
}

export interface ConnectionEvents {
  /** The server has confirmed the subscription. */
  readonly listening: () => void;
  readonly message: (message: string) => void;
  /** The connection is broken, or could not be opened. */
  readonly lost: () => void;
}

export interface ListeningConnection {
  /** Resolves after the server's answer, and so after every message that the server sent before it. */
  ping(): Promise<unknown>;
  /** Closes the connection in any state, without waiting for a server that does not answer. */
  close(): Promise<unknown>;
}

/** In milliseconds, as are all times below. */
const maxHeartbeat = 3_600_000;
/** Opening a connection may take two heartbeats, and at least this. */
const minOpenTimeout = 1000;
/** The pause before reconnecting doubles from the first to the last. */
const pauses = { first: 100, last: 5_000 };
/** Bounds the memory that a slow server can cost. */
const maxInFlight = 100;
/** Not a message of the manager's: receivers clear their cache, because messages were lost. */
const resyncMessage = 'resync';

export function readChannel(channel: unknown): string {
  if (typeof channel === 'string' && channel !== '') return channel;
  throw new TypeError('channel: expected a text that is not empty');
}

export function readHeartbeat(heartbeat: Duration = '5s'): number {
  const milliseconds = parseDuration('heartbeat', heartbeat, 100);
  if (milliseconds > maxHeartbeat)
    throw new RangeError(`heartbeat: must be at most 1h, got ${JSON.stringify(heartbeat)}`);
  return milliseconds;
}

/** A bus over a driver's server: it watches its connection, and reconnects. */
export function createReconnectingBus({ send, open }: BusDriver, heartbeat: number): Bus {
  let inFlight = 0;
  let hasLostMessages = false;

  async function handOver(message: string): Promise<void> {
    if (inFlight >= maxInFlight) throw new Error(`bus: ${maxInFlight} messages wait for the server to take them`);
    inFlight += 1;
    const sent = send(message).finally(() => (inFlight -= 1));
    await within(heartbeat, sent, 'bus: the server did not take the message in time');
  }

  async function publish(message: string): Promise<void> {
    try {
      await handOver(message);
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
    // If this fails, the next heartbeat retries.
    publish(resyncMessage).catch(() => {});
  }

  return { publish, subscribe: (listener) => keepListening(listener, { open, heartbeat, onAlive: resync }) };
}

interface KeepListeningOptions {
  readonly open: BusDriver['open'];
  readonly heartbeat: number;
  /** Called after each answer of the server. */
  readonly onAlive: () => void;
}

/** Keeps one listening connection open, and opens a new one after each loss. Returns a function that closes it for good. */
function keepListening(listener: BusListener, { open, heartbeat, onAlive }: KeepListeningOptions): () => Promise<void> {
  let failures = 0;
  let stop: () => Promise<unknown>;

  function start(): void {
    let isOver = false;
    let isListening = false;
    let connection: ListeningConnection | undefined;
    let timer = setTimeout(lost, Math.max(minOpenTimeout, 2 * heartbeat)).unref();

    function listening(): void {
      if (isOver) return;
      isListening = true;
      listener.connected();
      onAlive();
      waitForBeat();
    }

    function waitForBeat(): void {
      clearTimeout(timer);
      timer = setTimeout(beat, heartbeat).unref();
    }

    function beat(): void {
      let isAnswered = false;
      const check = (): void => {
        if (!isAnswered) lost();
      };
      // After a pause of the process, the answer may wait unread in the socket: read it before the check.
      timer = setTimeout(() => setImmediate(check), heartbeat).unref();
      const answered = (): void => {
        isAnswered = true;
        if (isOver) return;
        failures = 0;
        onAlive();
        waitForBeat();
      };
      connection?.ping().then(answered, lost);
    }

    function lost(): void {
      if (isOver) return;
      if (isListening) listener.disconnected();
      const closed = end();
      const pause = Math.min(pauses.last, pauses.first * 2 ** failures);
      failures += 1;
      // Random, so that not all processes reconnect at once when the server is back.
      const retry = setTimeout(start, pause * (0.5 + Math.random() / 2)).unref();
      stop = () => {
        clearTimeout(retry);
        return closed;
      };
    }

    async function end(): Promise<void> {
      isOver = true;
      clearTimeout(timer);
      try {
        await connection?.close();
      } catch {
        // A connection that fails to close is broken: nothing is left to do.
      }
    }

    stop = end;
    try {
      connection = open({
        listening,
        lost,
        message(message) {
          if (!isOver) listener.message(message);
        },
      });
    } catch {
      lost();
    }
  }

  start();
  return async () => {
    await within(heartbeat, stop(), 'late').catch(() => {});
  };
}

async function within<T>(milliseconds: number, work: Promise<T>, otherwise: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(otherwise)), milliseconds).unref();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

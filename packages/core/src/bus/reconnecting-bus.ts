import type { Bus, BusListener } from './bus.ts';
import { parseDuration, type Duration } from '../duration.ts';

/** What every bus with a server takes. */
export interface RemoteBusOptions {
  /** Apps that share a server need a channel each; all processes of one app have the same. @defaultValue `'trpc-sessions'` */
  readonly channel?: string | undefined;
  /**
   * How often the listening connection is tried. One that does not answer within the same time counts as lost, so that
   * even a connection that nobody has closed is found out within twice this time. A message, too, is to be handed over
   * within it. From 100 milliseconds to an hour. @defaultValue `'5s'`
   */
  readonly heartbeat?: Duration | undefined;
}

/** What sets one kind of server apart. */
export interface BusDriver {
  /** Hands a message to the server; rejects at once where that is known not to be possible. */
  readonly send: (message: string) => Promise<unknown>;
  /** Opens a connection and listens on it. It never reconnects by itself: messages would be lost unnoticed. */
  readonly open: (events: ConnectionEvents) => ListeningConnection;
}

export interface ConnectionEvents {
  /** The server has said that it sends from now on. */
  readonly listening: () => void;
  readonly message: (message: string) => void;
  /** It is of no use any longer, or never was. */
  readonly lost: () => void;
}

export interface ListeningConnection {
  /** Resolves once the server has answered, after all messages that it sent before. */
  ping(): Promise<unknown>;
  /** Closes the connection, whatever state it is in, without waiting for a server that does not answer. */
  close(): Promise<unknown>;
}

/** In milliseconds, as are all below. */
const maxHeartbeat = 3_600_000;
/** Opening a connection may take two heartbeats, and at least this. */
const minOpenTimeout = 1000;
/** The pause before a lost connection is opened anew doubles from the first to the last. */
const pauses = { first: 100, last: 5_000 };
/** A server that takes messages more slowly than they come must not fill the memory. */
const maxInFlight = 100;
/** Nobody's message, so that whoever hears it empties the cache: there were endings that could not be told. */
const untoldEndings = 'untold';

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

/** The bus that a driver makes: whatever server there is, connections are watched and opened anew in one way. */
export function createRemoteBus({ send, open }: BusDriver, heartbeat: number): Bus {
  let inFlight = 0;
  let isUntold = false;

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
      isUntold = true;
      throw error;
    }
    catchUp();
  }

  /** What could not be told is not kept, that would grow without bound: one message for all of it is enough. */
  function catchUp(): void {
    if (!isUntold) return;
    isUntold = false;
    // Should it fail, it is tried again at the next heartbeat.
    publish(untoldEndings).catch(() => {});
  }

  return { publish, subscribe: (listener) => keepListening(listener, { open, heartbeat, proven: catchUp }) };
}

interface KeepListeningOptions {
  readonly open: BusDriver['open'];
  readonly heartbeat: number;
  /** Called whenever the server has answered. */
  readonly proven: () => void;
}

/** Has one listening connection at a time: a new one for each that is lost, until told to stop. */
function keepListening(listener: BusListener, { open, heartbeat, proven }: KeepListeningOptions): () => Promise<void> {
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
      proven();
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
      // A process that was held up may have the answer waiting: it is read before the check.
      timer = setTimeout(() => setImmediate(check), heartbeat).unref();
      const answered = (): void => {
        isAnswered = true;
        if (isOver) return;
        failures = 0;
        proven();
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
      // Scattered, so that not all processes come at once when the server is back.
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
        // It was to be closed, and is.
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

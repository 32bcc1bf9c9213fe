import { randomUUID } from 'node:crypto';
import type { BusDriver, ListeningConnection } from './driver.ts';
import { setTimeoutAfterReads } from './timeouts.ts';

/** Begins a message that a bus publishes to itself; a nonce follows. */
const probePrefix = 'probe:';
/** Opening a connection may take two heartbeats, and at least this. In milliseconds. */
const minOpenTimeout = 1000;
/** The pause before a probe that could not be sent is retried, in milliseconds. */
const probePause = 100;

export interface WatchedConnectionOptions {
  readonly driver: BusDriver;
  /** In milliseconds. */
  readonly heartbeat: number;
  readonly sendProbe: (probe: string) => Promise<void>;
  /** A probe has arrived: messages arrive from now on. */
  readonly onConnected: (connection: ListeningConnection | undefined) => void;
  /** A heartbeat has passed without a loss. */
  readonly onHeartbeat: () => void;
  readonly onMessage: (message: string) => void;
  /** Messages do not arrive yet; the connection stays open. */
  readonly onFault: (error: unknown) => void;
  /** The connection is closed: called once. */
  readonly onLost: (loss: Loss) => void;
}

export interface Loss {
  readonly error: unknown;
  readonly wasConnected: boolean;
  readonly closed: Promise<void>;
}

/**
 * Opens a listening connection, and watches it until it is lost. It counts as connected once a message that the bus has
 * published to itself arrives, and as lost as soon as one does not, or the server does not answer.
 *
 * @returns a function that closes it
 */
export function openWatchedConnection(options: WatchedConnectionOptions): () => Promise<void> {
  const { driver, heartbeat, sendProbe, onConnected, onHeartbeat, onMessage, onFault, onLost } = options;
  const probe = probePrefix + randomUUID();
  let arrivals = 0;
  let isProving = false;
  let isConnected = false;
  let isClosed = false;
  let connection: ListeningConnection | undefined;
  let probeTimer: NodeJS.Timeout | undefined;
  let timer = setTimeout(
    () => lost(new Error('bus: the server did not confirm the subscription in time')),
    Math.max(minOpenTimeout, 2 * heartbeat),
  ).unref();

  function listening(): void {
    if (isClosed) return;
    clearTimeout(timer);
    void prove();
  }

  /**
   * Publishes a probe, which must arrive on this connection: a pooler confirms a subscription and answers each ping, but
   * delivers nothing. A probe that could not be sent proves nothing.
   */
  async function prove(): Promise<void> {
    if (isProving) return;
    isProving = true;
    const before = arrivals;
    try {
      await sendProbe(probe);
    } catch (error) {
      isProving = false;
      if (isClosed || isConnected) return;
      onFault(error);
      waitForProbe(probePause, () => void prove());
      return;
    }
    if (isClosed || arrivals > before) return;
    // A probe that has arrived clears the timer; one that is being read from the socket is counted.
    waitForProbe(heartbeat, () => {
      if (arrivals === before) lost(new Error(`bus: published messages do not arrive: ${driver.silenceHint}`));
    });
  }

  function waitForProbe(milliseconds: number, callback: () => void): void {
    clearTimeout(probeTimer);
    probeTimer = setTimeoutAfterReads(callback, milliseconds);
  }

  function received(message: string): void {
    if (isClosed) return;
    if (!message.startsWith(probePrefix)) onMessage(message);
    else if (message === probe) probeArrived();
  }

  function probeArrived(): void {
    arrivals += 1;
    isProving = false;
    clearTimeout(probeTimer);
    if (isConnected) return;
    isConnected = true;
    onConnected(connection);
    if (!isClosed) waitForBeat();
  }

  function waitForBeat(): void {
    clearTimeout(timer);
    timer = setTimeout(beat, heartbeat).unref();
  }

  function beat(): void {
    let isAnswered = false;
    timer = setTimeoutAfterReads(() => {
      if (!isAnswered) lost(new Error('bus: the server did not answer in time'));
    }, heartbeat);
    const answered = (): void => {
      isAnswered = true;
      if (isClosed) return;
      onHeartbeat();
      waitForBeat();
    };
    connection?.ping().then(answered, lost);
    void prove();
  }

  function lost(error?: unknown): void {
    if (isClosed) return;
    onLost({ error, wasConnected: isConnected, closed: close() });
  }

  async function close(): Promise<void> {
    isClosed = true;
    clearTimeout(timer);
    clearTimeout(probeTimer);
    try {
      await connection?.close();
    } catch {
      // A connection that fails to close is broken: nothing is left to do.
    }
  }

  try {
    connection = driver.open({ listening, lost, message: received });
  } catch (error) {
    // Later: the caller has not been given `close` yet.
    queueMicrotask(() => lost(error));
  }
  return close;
}

/** The part of a bus that depends on its server. */
export interface BusDriver {
  /** Hands a message to the server. Rejects at once if the client knows that it is not connected. */
  readonly send: (message: string) => Promise<unknown>;
  /** Opens a connection and subscribes on it. The connection must not reconnect by itself: that would lose messages silently. */
  readonly open: (events: ConnectionEvents) => ListeningConnection;
  /** Why a connection may receive nothing although the server has confirmed its subscription, and the remedy. */
  readonly silenceHint: string;
}

export interface ConnectionEvents {
  /** The server has confirmed the subscription. */
  readonly listening: () => void;
  readonly message: (message: string) => void;
  /** The connection is broken, or could not be opened. */
  readonly lost: (error?: unknown) => void;
}

export interface ListeningConnection {
  /** Resolves after the server's answer, and so after every message that the server sent before it. */
  ping(): Promise<unknown>;
  /** Hands a message to the server on this connection, if the server takes it there: better than on the app's own, which may be busy. */
  send?(message: string): Promise<unknown>;
  /** Closes the connection in any state, without waiting for a server that does not answer. */
  close(): Promise<unknown>;
}

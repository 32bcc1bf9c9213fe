import { randomUUID } from 'node:crypto';
import type { Bus } from './bus.ts';
import { decodeEnded, encodeEnded, type EndedMessage } from './ended-message.ts';

/** Calls that a manager gets from its bus. */
export interface BroadcastEvents {
  connected(): void;
  disconnected(): void;
  /** Another process has revoked sessions, or is revoking them in a transaction. */
  ended(message: EndedMessage): void;
  /** A message from a newer version, or from a bus that has lost messages: any session may have been revoked. */
  unknown(): void;
  /** A message could not be published, or messages do not arrive. */
  fault(error: unknown): void;
}

/** Publishes revoked sessions to the other processes, and receives theirs. */
export interface Broadcast {
  /** Neither waits for the bus nor fails with it. */
  publish(message: Omit<EndedMessage, 'from'>): void;
  /** Waits for the messages that are being published, then unsubscribes. */
  stop(): Promise<void>;
}

export function createBroadcast(bus: Bus | undefined, events: BroadcastEvents): Broadcast {
  if (bus === undefined) return { publish: () => {}, stop: () => Promise.resolve() };

  const senderId = randomUUID();
  const unsubscribe = bus.subscribe({
    connected: () => events.connected(),
    disconnected: () => events.disconnected(),
    fault: (error) => events.fault(error),
    message(text) {
      const message = decodeEnded(text);
      if (message === undefined) events.unknown();
      else if (message.from !== senderId) events.ended(message);
    },
  });

  const publishing = new Set<Promise<void>>();

  async function send(text: string): Promise<void> {
    try {
      await bus?.publish(text);
    } catch (error) {
      events.fault(error);
    }
  }

  return {
    publish(message) {
      for (const text of encodeEnded({ from: senderId, ...message })) {
        const sent = send(text).finally(() => publishing.delete(sent));
        publishing.add(sent);
      }
    },
    async stop() {
      await Promise.all(publishing);
      await unsubscribe();
    },
  };
}

import { randomUUID } from 'node:crypto';
import type { Bus } from './bus.ts';
import { decodeEnded, encodeEnded, type EndedMessage } from '../session/ended-sessions.ts';

/** What this process hears of the others. */
export interface BroadcastEvents {
  connected(): void;
  disconnected(): void;
  /** Another process ended sessions, or is ending them in a transaction. */
  ended(message: EndedMessage): void;
  /** A message of a version to come: it may have ended anything. */
  unknown(): void;
  /** A message could not be sent. */
  fault(error: unknown): void;
}

/** Tells the other processes which sessions were ended, and hears it from them. */
export interface Broadcast {
  /** Neither waits for the bus nor fails with it. */
  tell(message: Omit<EndedMessage, 'from'>): void;
  /** Waits for what is being told. */
  stop(): Promise<void>;
}

export function createBroadcast(bus: Bus | undefined, events: BroadcastEvents): Broadcast {
  if (bus === undefined) return { tell: () => {}, stop: () => Promise.resolve() };

  /** Who tells: what a process has said itself, it knows. */
  const self = randomUUID();
  const stop = bus.subscribe({
    connected: () => events.connected(),
    disconnected: () => events.disconnected(),
    message(text) {
      const message = decodeEnded(text);
      if (message === undefined) events.unknown();
      else if (message.from !== self) events.ended(message);
    },
  });

  const publishing = new Set<Promise<void>>();

  async function publish(message: string): Promise<void> {
    try {
      await bus?.publish(message);
    } catch (error) {
      events.fault(error);
    }
  }

  return {
    tell(message) {
      for (const text of encodeEnded({ from: self, ...message })) {
        const published = publish(text).finally(() => publishing.delete(published));
        publishing.add(published);
      }
    },
    async stop() {
      await Promise.all(publishing);
      await stop();
    },
  };
}

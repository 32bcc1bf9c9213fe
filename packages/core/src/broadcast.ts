import { randomUUID } from 'node:crypto';
import type { Bus } from './bus.ts';
import { decodeEnded, encodeEnded, type EndedSessions } from './ended.ts';

/** What this process hears of the others. */
export interface BroadcastEvents {
  connected(): void;
  disconnected(): void;
  /** Another process ended sessions. */
  ended(ended: EndedSessions): void;
  /** A message of a version to come: it may have ended anything. */
  unknown(): void;
  /** A message could not be sent. */
  fault(error: unknown): void;
}

/** Tells the other processes which sessions were ended, and hears it from them. */
export interface Broadcast {
  /** Neither waits for the bus nor fails with it. */
  tell(ended: EndedSessions): void;
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
      else if (message.from !== self) events.ended(message.ended);
    },
  });

  async function publish(message: string): Promise<void> {
    try {
      await bus?.publish(message);
    } catch (error) {
      events.fault(error);
    }
  }

  return {
    tell(ended) {
      for (const message of encodeEnded(self, ended)) void publish(message);
    },
    stop,
  };
}

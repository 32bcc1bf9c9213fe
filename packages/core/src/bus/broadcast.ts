import { randomUUID } from 'node:crypto';
import type { EndedSessions } from '../session/ended-sessions.ts';
import type { Bus } from './bus.ts';
import { decodeEnded } from './ended-message.ts';
import { createEndedQueue } from './ended-queue.ts';

/** Calls that a manager gets from its bus. */
export interface BroadcastEvents {
  connected(): void;
  disconnected(): void;
  /** Another process has revoked sessions. `isPending`: in a transaction that is still open. */
  ended(ended: EndedSessions, isPending: boolean): void;
  /** Other processes may have revoked any session. */
  missed(): void;
  /** A message could not be published, or messages do not arrive. */
  fault(error: unknown): void;
}

/** Publishes revoked sessions to the other processes, and receives theirs. */
export interface Broadcast {
  /** Neither waits for the bus nor fails with it. */
  publish(ended: EndedSessions, isPending?: boolean): void;
  /** Waits until everything is published, and unsubscribes. */
  stop(): Promise<void>;
}

/** Messages in flight at once: sessions that are revoked meanwhile share the next ones. */
const maxInFlight = 4;

/** @param scope - the table of the sessions: messages of another one are ignored */
export function createBroadcast(bus: Bus | undefined, scope: string, events: BroadcastEvents): Broadcast {
  if (bus === undefined) return { publish: () => {}, stop: () => Promise.resolve() };

  const queue = createEndedQueue();
  const inFlight = new Set<Promise<void>>();
  // On first use: some platforms forbid randomness while a module loads.
  let senderId: string | undefined;
  let hasLostMessages = false;

  const unsubscribe = bus.subscribe({
    connected() {
      events.connected();
      if (hasLostMessages) events.missed();
    },
    disconnected() {
      hasLostMessages = true;
      events.disconnected();
    },
    message: receive,
    fault: (error) => events.fault(error),
  });

  function receive(text: string): void {
    const message = decodeEnded(text);
    if (message === undefined) return events.missed();
    if (message.from === senderId || (message.scope ?? scope) !== scope) return;
    for (const ended of message.ended) events.ended(ended, message.isPending);
  }

  const sender = () => ({ from: (senderId ??= randomUUID()), scope });

  function sendQueued(): void {
    while (inFlight.size < maxInFlight) {
      const message = queue.take(sender);
      if (message === undefined) return;
      const sent = send(message).finally(() => {
        inFlight.delete(sent);
        sendQueued();
      });
      inFlight.add(sent);
    }
  }

  async function send(message: string): Promise<void> {
    try {
      await bus?.publish(message);
    } catch (error) {
      events.fault(error);
    }
  }

  return {
    publish(ended, isPending = false) {
      queue.add(ended, isPending);
      sendQueued();
    },
    async stop() {
      while (inFlight.size > 0) await Promise.race(inFlight);
      await unsubscribe();
    },
  };
}

import { randomUUID } from 'node:crypto';
import type { SessionSet } from '../session/session-set.ts';
import type { Bus } from './bus.ts';
import { readMessage, type MessageKind } from './message.ts';
import { createMessageQueue, type QueuedMessage } from './message-queue.ts';
import type { ProcessBus } from './process-bus.ts';

/** Calls that a manager gets from its bus. */
export interface BroadcastEvents {
  connected(): void;
  disconnected(): void;
  /** Another process has revoked, changed or issued sessions, or may have done so. */
  received(sessions: SessionSet, kind: MessageKind): void;
  /** Other processes may have revoked any session. */
  missed(): void;
  /** A message could not be published, or messages do not arrive. */
  fault(error: unknown): void;
}

/** Publishes to the other processes which sessions were revoked, changed or issued, and receives theirs. */
export interface Broadcast {
  /** Neither waits for the bus nor fails with it: after a message that the bus does not take, a resync message follows. */
  publish(sessions: SessionSet, kind: MessageKind): void;
  /** Waits until everything is published, and unsubscribes. */
  stop(): Promise<void>;
}

/** Messages in flight at once: sessions that are revoked meanwhile share the next ones. */
const maxInFlight = 4;
/** The pause after a message that the bus did not take doubles from the first to the last, in milliseconds. */
const pauses = { first: 100, last: 10_000 };

/** @param scope - the table of the sessions: messages of another one are ignored */
export function createBroadcast(bus: Bus | ProcessBus | undefined, scope: string, events: BroadcastEvents): Broadcast {
  if (bus === undefined) return { publish: () => {}, stop: () => Promise.resolve() };

  // Only the bus of a process can answer: another bus reaches processes that it does not know.
  const hasOthers = 'hasOthers' in bus ? bus.hasOthers : () => true;
  const queue = createMessageQueue();
  const inFlight = new Set<Promise<void>>();
  // On first use: some platforms forbid randomness while a module loads.
  let senderId: string | undefined;
  let mayHaveMissed = false;
  let failures = 0;
  let pause: NodeJS.Timeout | undefined;
  let isStopped = false;
  let hasGivenUp = false;

  const unsubscribe = bus.subscribe({
    connected() {
      events.connected();
      if (mayHaveMissed) events.missed();
    },
    disconnected: () => events.disconnected(),
    message: receive,
    fault: (error) => events.fault(error),
  });
  // A bus that connects later has missed all messages until then. Streams may be open by that time.
  mayHaveMissed = true;

  function receive(text: string): void {
    const message = readMessage(text);
    if (message === undefined) return events.missed();
    if (message.from === senderId || (message.scope ?? scope) !== scope) return;
    for (const sessions of message.sessions) events.received(sessions, message.kind);
  }

  const sender = () => ({ from: (senderId ??= randomUUID()), scope });

  const canSend = (): boolean => inFlight.size < maxInFlight && pause === undefined && !hasGivenUp;

  function sendQueued(): void {
    while (canSend()) {
      const message = queue.take(sender);
      if (message === undefined) return;
      const sent = send(message).finally(() => {
        inFlight.delete(sent);
        sendQueued();
      });
      inFlight.add(sent);
    }
  }

  async function send({ text, mayBeLost }: QueuedMessage): Promise<void> {
    try {
      await bus?.publish(text);
      failures = 0;
    } catch (error) {
      events.fault(error);
      // A new session is in no cache, and its watchers find it at their next look.
      if (mayBeLost) return;
      // Neither this message nor those that wait are kept: one resync message stands for all.
      queue.drop();
      if (isStopped) hasGivenUp = true;
      else sendLater();
    }
  }

  function sendLater(): void {
    clearTimeout(pause);
    pause = setTimeout(endPause, Math.min(pauses.last, pauses.first * 2 ** failures));
    // On Cloudflare Workers it can be a number.
    pause.unref?.();
    failures += 1;
  }

  function endPause(): void {
    clearTimeout(pause);
    pause = undefined;
    sendQueued();
  }

  return {
    publish(sessions, kind) {
      if (!hasOthers()) return;
      queue.add(sessions, kind);
      sendQueued();
    },
    async stop() {
      // The last attempt.
      isStopped = true;
      endPause();
      while (inFlight.size > 0) await Promise.race(inFlight);
      await unsubscribe();
    },
  };
}

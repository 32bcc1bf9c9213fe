import { chunksOf } from '../chunks.ts';
import type { SessionSet } from '../session/session-set.ts';
import { messageHead, messageLimits, resyncMessage, type MessageKind, type Message } from './message.ts';

/** Sessions whose messages wait to be published: those that wait together share a message. */
export interface MessageQueue {
  add(sessions: SessionSet, kind: MessageKind): void;
  /** Drops everything that waits: the next message is a resync message. */
  drop(): void;
  /** Takes the next message; `undefined` if nothing waits. */
  take(sender: () => Pick<Message, 'from' | 'scope'>): QueuedMessage | undefined;
}

/** A message to publish. */
export interface QueuedMessage {
  readonly text: string;
  /** Whether no cache depends on it: if the bus does not take it, nothing needs to make up for it. */
  readonly mayBeLost: boolean;
}

interface Waiting {
  readonly json: string;
  readonly bytes: number;
  readonly kind: MessageKind;
}

/** Past this, in bytes, everything that waits is dropped, and a resync message stands for it. */
const maxQueued = 4_000_000;

export function createMessageQueue(): MessageQueue {
  let queue: Waiting[] = [];
  let queued = 0;
  let hasDropped = false;

  /** The longest front of the queue that fits into a message. */
  function takeFitting(room: number): string[] {
    const kind = queue[0]?.kind;
    let count = 0;
    let bytes = 0;
    for (const waiting of queue) {
      const isFull = bytes + waiting.bytes + 1 > room;
      if (count > 0 && (isFull || waiting.kind !== kind)) break;
      bytes += waiting.bytes + 1;
      count += 1;
    }
    queued -= bytes;
    return queue.splice(0, count).map(({ json }) => json);
  }

  function drop(): void {
    queue = [];
    queued = 0;
    hasDropped = true;
  }

  return {
    add(sessions, kind) {
      // The resync message that waits stands for these too.
      if (hasDropped) return;
      for (const part of splitIds(sessions)) {
        const json = JSON.stringify(part);
        const bytes = Buffer.byteLength(json);
        queue.push({ json, bytes, kind });
        queued += bytes + 1;
      }
      if (queued > maxQueued) drop();
    },

    drop,

    take(sender) {
      if (hasDropped) {
        hasDropped = false;
        return { text: resyncMessage, mayBeLost: false };
      }
      const first = queue[0];
      if (first === undefined) return undefined;
      const head = messageHead(sender(), first.kind);
      const sets = takeFitting(messageLimits.bytes - Buffer.byteLength(`${head},"ended":[]}`));
      // Alone, it is not in a list: the first version of the message had none.
      const list = sets.length === 1 ? sets.join('') : `[${sets.join(',')}]`;
      return { text: `${head},"ended":${list}}`, mayBeLost: first.kind === 'started' };
    },
  };
}

function splitIds(sessions: SessionSet): SessionSet[] {
  const { ids } = sessions;
  if (ids === undefined || ids.length <= messageLimits.ids) return [sessions];
  const parts: SessionSet[] = [];
  for (const chunk of chunksOf(ids, messageLimits.ids)) parts.push({ ...sessions, ids: chunk });
  return parts;
}

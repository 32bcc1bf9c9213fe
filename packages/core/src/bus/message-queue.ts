import { chunksOf } from '../chunks.ts';
import type { EndedSessions } from '../session/ended-sessions.ts';
import { messageHead, messageLimits, resyncMessage, type Certainty, type EndedMessage } from './ended-message.ts';

/** Revoked sessions that wait to be published: those that wait together share a message. */
export interface EndedQueue {
  add(ended: EndedSessions, certainty: Certainty): void;
  /** Drops everything that waits: the next message is a resync message. */
  drop(): void;
  /** Takes the next message; `undefined` if nothing waits. */
  take(sender: () => Pick<EndedMessage, 'from' | 'scope'>): QueuedMessage | undefined;
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
  readonly certainty: Certainty;
}

/** Past this, in bytes, everything that waits is dropped, and a resync message stands for it. */
const maxQueued = 4_000_000;

export function createEndedQueue(): EndedQueue {
  let queue: Waiting[] = [];
  let queued = 0;
  let hasDropped = false;

  /** The longest front of the queue that fits into a message. */
  function takeFitting(room: number): string[] {
    const certainty = queue[0]?.certainty;
    let count = 0;
    let bytes = 0;
    for (const waiting of queue) {
      const isFull = bytes + waiting.bytes + 1 > room;
      if (count > 0 && (isFull || waiting.certainty !== certainty)) break;
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
    add(ended, certainty) {
      // The resync message that waits stands for these too.
      if (hasDropped) return;
      for (const part of splitIds(ended)) {
        const json = JSON.stringify(part);
        const bytes = Buffer.byteLength(json);
        queue.push({ json, bytes, certainty });
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
      const head = messageHead(sender(), first.certainty);
      const ended = takeFitting(messageLimits.bytes - Buffer.byteLength(`${head},"ended":[]}`));
      // Alone, it is not in a list: the first version of the message had none.
      const list = ended.length === 1 ? ended.join('') : `[${ended.join(',')}]`;
      return { text: `${head},"ended":${list}}`, mayBeLost: first.certainty === 'started' };
    },
  };
}

function splitIds(ended: EndedSessions): EndedSessions[] {
  const { ids } = ended;
  if (ids === undefined || ids.length <= messageLimits.ids) return [ended];
  const parts: EndedSessions[] = [];
  for (const chunk of chunksOf(ids, messageLimits.ids)) parts.push({ ...ended, ids: chunk });
  return parts;
}

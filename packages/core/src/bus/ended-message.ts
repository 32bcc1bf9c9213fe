import { chunksOf } from '../chunks.ts';
import type { EndedSessions } from '../session/ended-sessions.ts';

/** A message on the bus: a process has revoked sessions. */
export interface EndedMessage {
  /** Id of the process that sent it: a process skips its own messages. */
  readonly from: string;
  readonly ended: EndedSessions;
  /** The revoking transaction is still open: other connections still read the rows. */
  readonly isPending?: boolean | undefined;
}

/** PostgreSQL carries 8000 bytes in a message. */
const idsPerMessage = 100;

export function encodeEnded({ ended, ...message }: EndedMessage): string[] {
  const { ids } = ended;
  if (ids === undefined || ids.length <= idsPerMessage) return [JSON.stringify({ ...message, ended })];
  return chunksOf(ids, idsPerMessage).map((chunk) => JSON.stringify({ ...message, ended: { ...ended, ids: chunk } }));
}

/** Reads a message. `undefined`: it is not one of ours, or from a newer version. */
export function decodeEnded(message: string): EndedMessage | undefined {
  try {
    const value: unknown = JSON.parse(message);
    return isMessage(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isMessage(value: unknown): value is EndedMessage {
  if (!isRecord(value) || typeof value['from'] !== 'string' || !isRecord(value['ended'])) return false;
  const { userId, ids, exceptId } = value['ended'];
  return (
    typeof userId === 'string' &&
    (ids === undefined || (Array.isArray(ids) && ids.every((id) => typeof id === 'string'))) &&
    (exceptId === undefined || typeof exceptId === 'string')
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

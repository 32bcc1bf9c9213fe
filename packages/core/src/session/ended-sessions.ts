/** Sessions of one user that were ended, here or elsewhere: these, or all but one, or all. */
export interface EndedSessions {
  readonly userId: string;
  /** Just these. */
  readonly ids?: readonly string[];
  /** All but this one; where neither is given, all. */
  readonly exceptId?: string;
}

/** Answers whether a session is among those that were ended. */
export function isEnded(
  { userId, ids, exceptId }: EndedSessions,
  session: { readonly id: string; readonly userId: string },
): boolean {
  if (session.userId !== userId) return false;
  return ids === undefined ? session.id !== exceptId : ids.includes(session.id);
}

/** Ids to a message: PostgreSQL carries 8000 bytes in one. */
const idsPerMessage = 100;

/** What a process tells the others. */
export interface EndedMessage {
  /** Who tells, who needs not hear it. */
  readonly from: string;
  readonly ended: EndedSessions;
  /** Whether a transaction whose end nobody knows is ending them: their rows may be read for a while yet. */
  readonly isPending?: boolean | undefined;
}

export function encodeEnded({ ended, ...message }: EndedMessage): string[] {
  const { ids } = ended;
  if (ids === undefined || ids.length <= idsPerMessage) return [JSON.stringify({ ...message, ended })];
  const messages = [];
  for (let start = 0; start < ids.length; start += idsPerMessage) {
    messages.push(JSON.stringify({ ...message, ended: { ...ended, ids: ids.slice(start, start + idsPerMessage) } }));
  }
  return messages;
}

/** Reads a message: `undefined` where it is none of ours, or of a version to come. */
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

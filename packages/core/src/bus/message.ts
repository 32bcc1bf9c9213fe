import type { EndedSessions } from '../session/ended-sessions.ts';

/**
 * How sure a change of sessions is. `certain`: their rows are gone. `pending`: a transaction that deletes or changes them is still open,
 * and other connections still read the rows as they were. `possible`: a write has failed, and may have been committed all the
 * same. `changed`: they live on, and their rows have changed. `started`: they are new.
 */
export type Certainty = 'certain' | 'pending' | 'possible' | 'changed' | 'started';

/** A message on the bus: a process has revoked or changed sessions. */
export interface EndedMessage {
  /** Id of the process that sent it: a process skips its own messages. */
  readonly from: string;
  /** The table of the sessions. Without it: any. */
  readonly scope?: string;
  readonly ended: readonly EndedSessions[];
  readonly certainty: Certainty;
}

/** How a message writes it. A version without one of these reads such a message as one that it does not know. */
const certaintyMarks: Readonly<Record<Certainty, object>> = {
  certain: {},
  pending: { isPending: true },
  possible: { isPossible: true },
  changed: {},
  started: {},
};

/**
 * Ends the scope of a message about sessions that go on. An older version takes it for a message of another table, and ignores it: it
 * caches nothing of theirs that has changed.
 */
const scopeSuffixes: Readonly<Partial<Record<Certainty, string>>> = { changed: '/changed', started: '/started' };

/** Writes the beginning of a message, without its last bracket. */
export function messageHead({ from, scope }: Pick<EndedMessage, 'from' | 'scope'>, certainty: Certainty): string {
  const suffix = scopeSuffixes[certainty];
  const sent = suffix === undefined ? { from, scope } : { from, scope: `${scope ?? ''}${suffix}` };
  return JSON.stringify({ ...sent, ...certaintyMarks[certainty] }).slice(0, -1);
}

/** Any session may have been revoked. It is not JSON, so that no version reads it as something else. */
export const resyncMessage = 'resync';

/** Hold for sending and for receiving. PostgreSQL carries 7999 bytes in a message. */
export const messageLimits = { bytes: 7999, ids: 100, idLength: 64, textLength: 255 };

/**
 * Reads a message. Anyone who can publish on the server can forge one. `undefined`: it is not one of ours, or one from a newer
 * version, or larger than this version sends.
 */
export function decodeEnded(message: string): EndedMessage | undefined {
  if (message.length > messageLimits.bytes) return undefined;
  try {
    return readMessage(JSON.parse(message));
  } catch {
    return undefined;
  }
}

function readMessage(value: unknown): EndedMessage | undefined {
  if (!hasOnly(value, ['from', 'scope', 'ended', 'isPending', 'isPossible'])) return undefined;
  const { from, scope } = value;
  const ended: unknown[] = Array.isArray(value.ended) ? value.ended : [value.ended];
  const certainty = readCertainty(value);
  if (!isText(from) || certainty === undefined || !ended.every(isEndedSessions)) return undefined;
  if (scope === undefined) return { from, ended, certainty };
  if (!isText(scope)) return undefined;
  for (const marked of ['changed', 'started'] as const) {
    const suffix = scopeSuffixes[marked] ?? '';
    if (scope.endsWith(suffix)) return { from, scope: scope.slice(0, -suffix.length), ended, certainty: marked };
  }
  return { from, scope, ended, certainty };
}

function readCertainty(value: { readonly isPending?: unknown; readonly isPossible?: unknown }): Certainty | undefined {
  const { isPending = false, isPossible = false } = value;
  if (typeof isPending !== 'boolean' || typeof isPossible !== 'boolean' || (isPending && isPossible)) return undefined;
  if (isPending) return 'pending';
  return isPossible ? 'possible' : 'certain';
}

function isEndedSessions(value: unknown): value is EndedSessions {
  if (!hasOnly(value, ['userId', 'ids', 'exceptId'])) return false;
  const { userId, ids, exceptId } = value;
  const isListOfIds = Array.isArray(ids) && ids.length <= messageLimits.ids && ids.every(isId);
  return isText(userId) && (ids === undefined || isListOfIds) && (exceptId === undefined || isId(exceptId));
}

const isId = (value: unknown): boolean => isText(value) && value.length <= messageLimits.idLength;

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= messageLimits.textLength;
}

/** Answers whether a value is an object that has only known keys: an unknown one may change what the others mean. */
function hasOnly<TKey extends string>(
  value: unknown,
  keys: readonly TKey[],
): value is Readonly<Partial<Record<TKey, unknown>>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const known: readonly string[] = keys;
  return Object.keys(value).every((key) => known.includes(key));
}

import type { SessionSet } from '../session/session-set.ts';

/**
 * The state of a message's sessions. `revoked`: their rows are deleted. `pending`: a transaction that deletes or changes them is still
 * open, and other connections still read the rows as they were. `possible`: a write has failed, and may have been committed all the
 * same. `changed`: they are live, and their rows have changed. `started`: they are new.
 */
export type MessageKind = 'revoked' | 'pending' | 'possible' | 'changed' | 'started';

/** A message on the bus: a process has revoked, changed or issued sessions. */
export interface Message {
  /** Id of the process that sent it: a process skips its own messages. */
  readonly from: string;
  /** The table of the sessions. Without it: any. */
  readonly scope?: string;
  readonly sessions: readonly SessionSet[];
  readonly kind: MessageKind;
}

/** How a message writes its kind. A version that does not know one of these keys reads no message with it. */
const kindMarks: Readonly<Record<MessageKind, object>> = {
  revoked: {},
  pending: { isPending: true },
  possible: { isPossible: true },
  changed: {},
  started: {},
};

/**
 * Ends the scope of a message about sessions that stay live. An older version takes it for a message of another table, and ignores
 * it: of such sessions, it caches nothing that has changed.
 */
const scopeSuffixes: Readonly<Partial<Record<MessageKind, string>>> = { changed: '/changed', started: '/started' };

/** Writes the beginning of a message, without its last bracket. */
export function messageHead({ from, scope }: Pick<Message, 'from' | 'scope'>, kind: MessageKind): string {
  const suffix = scopeSuffixes[kind];
  const sent = suffix === undefined ? { from, scope } : { from, scope: `${scope ?? ''}${suffix}` };
  return JSON.stringify({ ...sent, ...kindMarks[kind] }).slice(0, -1);
}

/** Any session may have been revoked. It is not JSON, so that no version reads it as something else. */
export const resyncMessage = 'resync';

/** Hold for sending and for receiving. PostgreSQL carries 7999 bytes in a message. */
export const messageLimits = { bytes: 7999, ids: 100, idLength: 64, textLength: 255 };

/** Kept, because all managers of a process read each of its messages, one after the other. */
let lastRead: { readonly text: string; readonly message: Message } | undefined;

/**
 * Reads a message. Anyone who can publish on the server can forge one. `undefined`: it is not one of ours, or one from a newer
 * version, or larger than this version sends.
 */
export function readMessage(message: string): Message | undefined {
  if (lastRead !== undefined && message === lastRead.text) return lastRead.message;
  const read = parse(message);
  // A bus of the app's own may deliver anything: a text too large to keep, or a buffer whose bytes change.
  if (read !== undefined && typeof message === 'string') lastRead = { text: message, message: read };
  return read;
}

function parse(message: string): Message | undefined {
  try {
    if (message.length > messageLimits.bytes) return undefined;
    // Frozen, because managers share it: no listener of an app may change the sessions for the next manager.
    return parsed(JSON.parse(message, (_key, value: unknown) => Object.freeze(value)));
  } catch {
    return undefined;
  }
}

/** The key `ended` holds the sessions of every kind: at first, all of them were revoked. */
function parsed(value: unknown): Message | undefined {
  if (!hasOnly(value, ['from', 'scope', 'ended', 'isPending', 'isPossible'])) return undefined;
  const { from, scope } = value;
  const sessions: unknown[] = Array.isArray(value.ended) ? value.ended : [value.ended];
  const kind = readKind(value);
  if (!isText(from) || kind === undefined || !sessions.every(isSessionSet)) return undefined;
  if (scope === undefined) return { from, sessions, kind };
  if (!isText(scope)) return undefined;
  for (const marked of ['changed', 'started'] as const) {
    const suffix = scopeSuffixes[marked] ?? '';
    if (scope.endsWith(suffix)) return { from, scope: scope.slice(0, -suffix.length), sessions, kind: marked };
  }
  return { from, scope, sessions, kind };
}

function readKind(value: { readonly isPending?: unknown; readonly isPossible?: unknown }): MessageKind | undefined {
  const { isPending = false, isPossible = false } = value;
  if (typeof isPending !== 'boolean' || typeof isPossible !== 'boolean' || (isPending && isPossible)) return undefined;
  if (isPending) return 'pending';
  return isPossible ? 'possible' : 'revoked';
}

function isSessionSet(value: unknown): value is SessionSet {
  if (!hasOnly(value, ['userId', 'ids', 'exceptId'])) return false;
  const { userId, ids, exceptId } = value;
  const isListOfIds = Array.isArray(ids) && ids.length <= messageLimits.ids && ids.every(isId);
  return isText(userId) && (ids === undefined || isListOfIds) && (exceptId === undefined || isId(exceptId));
}

const isId = (value: unknown): boolean => isText(value) && value.length <= messageLimits.idLength;

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= messageLimits.textLength;
}

/** Answers whether a value is an object that has only known keys: an unknown one may change the meaning of the others. */
function hasOnly<TKey extends string>(
  value: unknown,
  keys: readonly TKey[],
): value is Readonly<Partial<Record<TKey, unknown>>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const known: readonly string[] = keys;
  return Object.keys(value).every((key) => known.includes(key));
}

import type { CallerInfo } from '../session/caller.ts';
import type { EndedSessions } from '../session/ended-sessions.ts';
import type { SessionErrorReason } from '../errors.ts';
import type { Session } from '../session/session.ts';

/** What a manager tells its listeners. No event holds a token or a lookup id. */
export interface SessionEvents {
  /** Somebody signed in. */
  created: { readonly session: Session };
  /** This process ended sessions of a user. */
  revoked: RevokedEvent;
  /** Sessions of a user were ended, by this process or by another that the bus connects. */
  ended: EndedSessions;
  /** A request was refused. */
  rejected: { readonly reason: SessionErrorReason; readonly caller: Omit<CallerInfo, 'token'> | null };
  /** Rows that had expired were deleted. */
  purged: { readonly count: number };
  /** Work in the background failed: nobody waits for it, so this is where it shows. */
  fault: { readonly task: 'last-seen' | 'bus' | 'purge' | 'listener'; readonly error: unknown };
}

/** Which sessions were ended, and why. */
export interface RevokedEvent {
  readonly userId: string;
  /** `revoked`: these ids. `others`: all but `exceptId`. `all`: every one. `evicted`: these ids, to make room under `maxSessionsPerUser`. */
  readonly cause: 'revoked' | 'others' | 'all' | 'evicted';
  /** The ids asked for, or evicted. */
  readonly ids?: readonly string[];
  readonly exceptId?: string;
  /** How many were ended. */
  readonly count: number;
}

type Listener<TEvent> = (event: TEvent) => unknown;

/** Listeners, by the name of the event. */
export interface Events<TEvents> {
  /** @returns a function that unsubscribes */
  on<TName extends keyof TEvents>(name: TName, listener: Listener<TEvents[TName]>): () => void;
  emit<TName extends keyof TEvents>(name: TName, event: TEvents[TName]): void;
}

export function createEvents(): Events<SessionEvents> {
  const listeners: { [TName in keyof SessionEvents]: Set<Listener<SessionEvents[TName]>> } = {
    created: new Set(),
    revoked: new Set(),
    ended: new Set(),
    rejected: new Set(),
    purged: new Set(),
    fault: new Set(),
  };

  function emit<TName extends keyof SessionEvents>(name: TName, event: SessionEvents[TName]): void {
    // A copy: a listener that subscribes anew is not called again for the same event.
    for (const listener of Array.from(listeners[name])) void call(name, listener, event);
  }

  /** A listener that throws, at once or later, must let nobody in or out, nor end the process. */
  async function call<TName extends keyof SessionEvents>(
    name: TName,
    listener: Listener<SessionEvents[TName]>,
    event: SessionEvents[TName],
  ): Promise<void> {
    try {
      await listener(event);
    } catch (error) {
      if (name !== 'fault') emit('fault', { task: 'listener', error });
    }
  }

  return {
    on(name, listener) {
      if (!Object.hasOwn(listeners, name)) {
        throw new TypeError(
          `on: there is no event ${JSON.stringify(name)}; there are ${Object.keys(listeners).join(', ')}`,
        );
      }
      // Wrapped, so that a function subscribed twice is called twice and unsubscribed one at a time.
      const subscription: typeof listener = (event) => listener(event);
      listeners[name].add(subscription);
      return () => {
        listeners[name].delete(subscription);
      };
    },
    emit,
  };
}

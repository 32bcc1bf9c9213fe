import type { SessionErrorReason } from '../errors.ts';
import type { CallerInfo } from '../session/caller.ts';
import type { SessionSet } from '../session/session-set.ts';
import type { Session } from '../session/session.ts';

/** The events of a manager. None holds a token or a lookup id. */
export interface SessionEvents {
  /** A user signed in. */
  created: { readonly session: Session };
  /** This process revoked sessions of a user. */
  revoked: RevokedEvent;
  /** Sessions of a user were revoked, by this process or by another on the same bus. */
  ended: SessionSet;
  /**
   * Sessions may have ended without the event `ended`. They may be any, if messages of other processes were lost. They are those
   * of one user, if another process does not know whether its delete was committed, or if `recheckAccount` was called.
   */
  missed: Partial<SessionSet>;
  /**
   * The name, the data or the claims of a session were changed, by this process or by another on the same bus. It holds none of
   * them.
   */
  updated: UpdatedEvent;
  /**
   * A session is new: a user signed in, in this process or in another on the same bus. After a sign-in in a transaction of the app's it
   * is not emitted.
   */
  started: StartedEvent;
  /** A request was refused. */
  rejected: RejectedEvent;
  /** An attempt to sign in was refused, because too many others came before it. */
  throttled: ThrottledEvent;
  /** Rows of expired sessions were deleted. */
  purged: { readonly count: number };
  /** Background work failed: no caller waits for it, so only this event reports it. */
  fault: {
    readonly task: 'last-seen' | 'bus' | 'purge' | 'throttle' | 'history' | 'listener';
    readonly error: unknown;
  };
}

/** A request that was refused. */
export interface RejectedEvent {
  readonly reason: SessionErrorReason;
  readonly caller: Omit<CallerInfo, 'token'> | null;
  /** Of a sign-in: how many attempts its account, its network or its device has made, with this one. */
  readonly attempts?: AttemptCounts;
}

/** How many attempts to sign in were counted. A part is missing if it was not asked. */
export interface AttemptCounts {
  readonly account?: number;
  readonly network?: number;
  readonly device?: number;
}

/** An attempt to sign in that was refused, because too many others came before it. */
export interface ThrottledEvent {
  /** Whose attempts they were: those on the account, those of the network, or those of a device that has signed in before. */
  readonly by: keyof AttemptCounts;
  readonly attempts: number;
  /** How long the caller has to wait, in seconds. */
  readonly retryAfter: number;
  readonly caller: Omit<CallerInfo, 'token'>;
}

/** The session that is new. */
export interface StartedEvent {
  readonly userId: string;
  readonly id: string;
}

/** The session that was changed. */
export interface UpdatedEvent {
  readonly userId: string;
  readonly id: string;
}

/** The sessions that were revoked, and why. */
export interface RevokedEvent {
  readonly userId: string;
  /**
   * `revoked`: these ids. `others`: all but `exceptId`. `all`: every session. `evicted`: these ids, by `maxSessionsPerUser`.
   * `replaced`: this id, by a new sign-in of the same client. `staff`: by another user, whom `by` names: these ids, or every
   * session if there are none.
   */
  readonly cause: 'revoked' | 'others' | 'all' | 'evicted' | 'replaced' | 'staff';
  /** The user who revoked them, if the call named one. */
  readonly by?: string;
  /** The ids to revoke, or those that were evicted. */
  readonly ids?: readonly string[];
  readonly exceptId?: string;
  /** The id of the session that revoked them, if the call named one. */
  readonly bySession?: string;
  /** How many sessions were revoked. */
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
    missed: new Set(),
    updated: new Set(),
    started: new Set(),
    rejected: new Set(),
    throttled: new Set(),
    purged: new Set(),
    fault: new Set(),
  };

  function emit<TName extends keyof SessionEvents>(name: TName, event: SessionEvents[TName]): void {
    // A copy: a listener that subscribes again while it runs is not called twice for the same event.
    for (const listener of Array.from(listeners[name])) void call(name, listener, event);
  }

  /** Calls a listener. One that throws, at once or later, must fail no request and not end the process. */
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
          `on: unknown event ${JSON.stringify(name)}; the events are ${Object.keys(listeners).join(', ')}`,
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

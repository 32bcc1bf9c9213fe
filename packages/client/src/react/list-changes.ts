import { createListeners } from '../tokens/listeners.ts';
import type { ReceivedSessionInfo } from './session-client.ts';

/** A change of the list: a new name, or a revocation. */
export interface ListChange {
  readonly ids: readonly string[];
  /** The new name. Without it, the sessions are revoked. */
  readonly name?: string | null;
  /** The server has revoked the sessions. An older answer or event must not bring them back. */
  readonly isDone?: true;
}

/** The changes of one user's list. They are applied to the list when it is shown, so an answer or an event never undoes them. */
export interface ListChanges {
  readonly get: () => readonly ListChange[];
  readonly subscribe: (listener: () => void) => () => void;
  /** Adds a change that is sent to the server. */
  readonly add: (change: ListChange) => void;
  /** Ends a change that was added, with whether it has succeeded. */
  readonly settle: (change: ListChange, isDone: boolean) => void;
}

export function createListChanges(): ListChanges {
  let changes: readonly ListChange[] = [];
  const { announce, subscribe } = createListeners(() => changes);
  function set(next: readonly ListChange[]): void {
    changes = next;
    announce();
  }
  return {
    get: () => changes,
    subscribe,
    add: (change) => set([...changes, change]),
    settle(change, isDone) {
      // The user has changed meanwhile.
      if (!changes.includes(change)) return;
      const others = changes.filter((each) => each !== change);
      // The cache has the new name by now.
      set(isDone && isOpenRevocation(change) ? [...others, { ...change, isDone }] : others);
    },
  };
}

/** Returns whether a change is a revocation that the server has not confirmed yet. */
export function isOpenRevocation({ name, isDone }: ListChange): boolean {
  return name === undefined && isDone === undefined;
}

/** Returns the list as it is shown. */
export function listWith(
  list: readonly ReceivedSessionInfo[],
  changes: readonly ListChange[],
): readonly ReceivedSessionInfo[] {
  return changes.reduce(
    (shown, { ids, name }) =>
      name === undefined
        ? shown.filter(({ id }) => !ids.includes(id))
        : shown.map((session) => (ids.includes(session.id) ? { ...session, name } : session)),
    list,
  );
}

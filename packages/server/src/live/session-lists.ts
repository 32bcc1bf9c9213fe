import type { SessionManager } from '@trpc-sessions/core';
import type { ChangeQueue } from './change-queue.ts';
import { createLooks } from './looks.ts';
import { spreadChecks } from './spread-checks.ts';
import { createSessionList, type SessionList } from './session-list.ts';

/** Watches the sessions of users. */
export interface SessionLists {
  /** Opens a queue of the changes of a user's sessions. The first is the whole list. */
  read(userId: string): ChangeQueue;
}

/** How many lists are read at once: the other connections of the app's pool are for its requests. */
const maxLooks = 4;

export function createSessionLists(manager: SessionManager): SessionLists {
  const lists = new Map<string, SessionList>();
  const looks = createLooks(maxLooks);
  const checkAll = spreadChecks(() => {
    for (const list of lists.values()) list.check();
  });
  let hasWarned = manager.hasBus;

  const check = ({ userId }: { readonly userId: string }): void => lists.get(userId)?.check();

  manager.on('started', check);
  manager.on('updated', check);
  manager.on('ended', check);
  manager.on('missed', ({ userId }) => {
    if (userId !== undefined) return check({ userId });
    if (lists.size > 0) checkAll();
  });

  function warn(): void {
    hasWarned = true;
    globalThis.process?.emitWarning?.(
      'trpc-sessions: the manager has no bus, so sessions.watch finds the changes of other processes within a minute; a single process passes bus: localBus()',
    );
  }

  return {
    read(userId) {
      if (!hasWarned) warn();
      let list = lists.get(userId);
      if (list === undefined) {
        list = createSessionList({ manager, looks }, userId, () => lists.delete(userId));
        lists.set(userId, list);
      }
      return list.read();
    },
  };
}

import { isInState, type SessionState } from '../session/session-state.ts';
import type { LookedUpRow } from '../session/session.ts';
import { cachedRow } from './cached-row.ts';
import type { RowHolder } from './session-cache.ts';

/** An answer, at once where the database can. */
export type Answer<TFound> = TFound | undefined | Promise<TFound | undefined>;

/** The look-ups of a session. */
export interface RowLookUps {
  readonly find: (id: string) => Answer<LookedUpRow>;
  readonly findState: (id: string) => Answer<SessionState>;
}

/** Finds the row of a holder. @param now - in milliseconds */
export type FindRowOf = (holder: RowHolder, now: number) => Answer<LookedUpRow>;

/**
 * Looks rows up without a cache: every call asks the database. For a row that was read before, it asks only for the state of the
 * session. If that is the same, so is the row, whose long texts need not be read again. A row without a state is gone.
 *
 * @param touchInterval - how often last seen is written, in milliseconds. After that, a row has probably changed: it is read at once
 */
export function createKnownRows({ find, findState }: RowLookUps, touchInterval: number): FindRowOf {
  function remember(holder: RowHolder, row: LookedUpRow | undefined): LookedUpRow | undefined {
    // A row of another user is no session of this holder's.
    holder.cached = row?.user_id === holder.userId ? cachedRow(row, holder, { since: 0, emptied: 0 }) : undefined;
    return row;
  }

  function read(holder: RowHolder): Answer<LookedUpRow> {
    const found = find(holder.id);
    return found instanceof Promise ? found.then((row) => remember(holder, row)) : remember(holder, found);
  }

  function readIfChanged(holder: RowHolder, known: LookedUpRow, state: SessionState | undefined): Answer<LookedUpRow> {
    if (state === undefined) return undefined;
    return isInState(known, state) ? known : read(holder);
  }

  return (holder, now) => {
    const known = holder.cached;
    if (known === undefined || now - known.last_seen_at >= touchInterval) return read(holder);
    const state = findState(holder.id);
    return state instanceof Promise
      ? state.then((found) => readIfChanged(holder, known, found))
      : readIfChanged(holder, known, state);
  };
}

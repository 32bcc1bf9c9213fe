import { createKnownRows, type FindRowOf } from '../cache/known-rows.ts';
import type { SessionCache } from '../cache/session-cache.ts';
import type { Store } from '../store/store.ts';
import type { Settings } from './options.ts';

/** Chooses how rows are found: a known row by its state, where its state shows every change. */
export function createFindRow(
  store: Pick<Store, 'find' | 'findState'>,
  cache: SessionCache | undefined,
  { touchInterval, lookUpData }: Pick<Settings, 'touchInterval' | 'lookUpData'>,
): FindRowOf {
  // Two last-seen writes of one millisecond look the same, and so do two changes of the app's data.
  const showsChanges = touchInterval > 0 && !lookUpData;
  return cache === undefined && showsChanges ? createKnownRows(store, touchInterval) : ({ id }) => store.find(id);
}

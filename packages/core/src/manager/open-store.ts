import { directConnectionOf } from '../drivers/app-database.ts';
import { plainDatabase } from '../store/plain-database.ts';
import { createStore, type Store } from '../store/store.ts';
import type { TimeLimit } from '../store/time-limit.ts';
import type { Settings } from './options.ts';

/** Creates the store of a manager, on the databases of its options. */
export function openStore<TDatabase>(settings: Settings<TDatabase>, limitTime: TimeLimit): Store {
  return createStore(plainDatabase(settings.db), settings.dialect, settings.table, {
    readDb: plainDatabase(settings.readDb),
    direct: directConnectionOf(settings.db),
    readDirect: directConnectionOf(settings.readDb),
    limitTime,
    lookUpData: settings.lookUpData,
    history: settings.history,
  });
}

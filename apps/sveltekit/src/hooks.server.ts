import { migrateToLatest } from '@trpc-sessions/core';
import { db, manager } from './lib/server/sessions';

/** SvelteKit calls it when the server starts, and not while it builds. Requests wait for the table. */
export async function init() {
  await migrateToLatest(db);
  void manager.purgeExpired({ schedule: '1h' });
}

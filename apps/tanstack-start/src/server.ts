import handler, { createServerEntry } from '@tanstack/react-start/server-entry';
import { migrateToLatest } from '@trpc-sessions/core';
import { db, manager } from './server/sessions';

const migrated = migrateToLatest(db).then(() => void manager.purgeExpired({ schedule: '1h' }));

/** Requests wait for the table. */
export default createServerEntry({
  async fetch(request) {
    await migrated;
    return handler.fetch(request);
  },
});

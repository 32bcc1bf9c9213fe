import { migrateToLatest } from '@trpc-sessions/core';

/** Nitro calls it when the server starts, and not while it builds. Requests wait for the table. */
export default defineNitroPlugin((nitro) => {
  const migrated = migrateToLatest(db).then(() => void manager.purgeExpired({ schedule: '1h' }));
  nitro.hooks.hook('request', () => migrated);
  nitro.hooks.hook('close', () => manager.close());
});

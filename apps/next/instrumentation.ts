/** Next.js calls it when the server starts, and not while it builds. */
export async function register() {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { migrateToLatest } = await import('@trpc-sessions/core');
  const { db, manager } = await import('./server/sessions');
  await migrateToLatest(db);
  void manager.purgeExpired({ schedule: '1h' });
}

import { isSessionError } from '@trpc-sessions/core';
import { appRouter, contextOf } from '../lib/server/sessions';
import type { LayoutServerLoad } from './$types';

/** The session of the page, or `null` for a visitor. SvelteKit asks again after each form action. No cache keeps the page. */
export const load: LayoutServerLoad = async (event) => {
  event.setHeaders({ 'cache-control': 'no-store' });
  try {
    return { session: await appRouter.createCaller(contextOf(event)).auth.sessions.current() };
  } catch (error) {
    if (error instanceof Error && isSessionError(error.cause)) return { session: null };
    throw error;
  }
};

import { redirect } from '@sveltejs/kit';
import { appRouter, contextOf, sessions } from '../lib/server/sessions';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const { session } = await event.parent();
  if (session === null) redirect(303, '/login');
  return { session, greeting: await appRouter.createCaller(contextOf(event)).hello() };
};

export const actions: Actions = {
  async signOut(event) {
    await sessions.signOut(contextOf(event));
    redirect(303, '/login');
  },
};

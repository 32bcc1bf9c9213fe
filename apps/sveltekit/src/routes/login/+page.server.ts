import { fail, redirect } from '@sveltejs/kit';
import { isSessionError } from '@trpc-sessions/core';
import { appRouter, contextOf } from '../../lib/server/sessions';
import type { Actions } from './$types';

export const actions: Actions = {
  async default(event) {
    const form = await event.request.formData();
    const credentials = { username: String(form.get('username')), password: String(form.get('password')) };
    try {
      await appRouter.createCaller(contextOf(event)).auth.login(credentials);
    } catch (error) {
      if (error instanceof Error && isSessionError(error.cause))
        return fail(401, { problem: 'Wrong username or password.' });
      throw error;
    }
    redirect(303, '/');
  },
};

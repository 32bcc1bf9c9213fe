'use server';

import { TRPCError } from '@trpc/server';
import { redirect } from 'next/navigation';
import { actionContext } from '../server/context';
import { appRouter, sessions } from '../server/sessions';

export async function signIn(_: string | null, form: FormData): Promise<string | null> {
  const credentials = { username: String(form.get('username')), password: String(form.get('password')) };
  try {
    await appRouter.createCaller(await actionContext()).auth.login(credentials);
  } catch (error) {
    if (error instanceof TRPCError && error.code === 'UNAUTHORIZED') return 'Wrong username or password.';
    throw error;
  }
  redirect('/');
}

export async function signOut(): Promise<void> {
  await sessions.signOut(await actionContext());
  redirect('/login');
}

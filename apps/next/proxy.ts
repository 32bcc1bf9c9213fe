import { createSessionGate } from '@trpc-sessions/core/edge';

const gate = createSessionGate({ keys: () => process.env.SESSION_SECRET });

/** Sends visitors to the sign-in page, before a page renders. A revoked session is refused by the page itself. */
export async function proxy(request: Request) {
  const { userId, redirect } = await gate(request);
  return userId === null ? redirect('/login') : undefined;
}

export const config = { matcher: '/((?!login|api|_next|favicon.ico).*)' };

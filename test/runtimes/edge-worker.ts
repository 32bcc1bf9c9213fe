import { createSessionGate, type GateRequest } from '@trpc-sessions/core/edge';

// Created while the module loads, where Workers forbid cryptography.
const gate = createSessionGate({ keys: 'a secret of more than thirty-two bytes', cookie: { secure: false } });

export async function handleRequest(request: GateRequest): Promise<Response> {
  const { userId, redirect } = await gate(request);
  return userId === null ? redirect('/login') : new Response(`Hello, ${userId}`);
}

// oxlint-disable-next-line import/no-default-export -- Workers are default exports
export default { fetch: handleRequest };

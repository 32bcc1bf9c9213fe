import type { CallerInfo, IssueInput, SessionManager } from '@trpc-sessions/core';

/**
 * Signs a user in for a test, and returns the context of a call by that user. The session is a row of the database, so lists
 * and revocations work as they do in the app.
 *
 * @param input - the input of `manager.issue`: `claims` are those that the app signs at login
 * @throws {SessionUsageError} `userId` is not a text, or the claims cannot be signed
 *
 * @example
 * ```ts
 * import { testCaller } from '@trpc-sessions/server';
 *
 * const caller = appRouter.createCaller(await testCaller(manager, { userId: 'ada' }));
 * await caller.auth.sessions.list();
 * ```
 */
export async function testCaller(
  manager: Pick<SessionManager, 'issue'>,
  input: IssueInput,
): Promise<{ readonly caller: Omit<CallerInfo, 'token'> & { readonly token: string } }> {
  const { token } = await manager.issue(input);
  return { caller: { ip: null, userAgent: null, clientHints: null, ...input.caller, token } };
}

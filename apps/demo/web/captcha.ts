import { trpc } from './trpc.ts';

/** Gets a challenge of ALTCHA, and solves it. The code is loaded when it is needed: most sign-ins need none. */
export async function solve(): Promise<string> {
  const [challenge, { solveChallenge }, { deriveKey }] = await Promise.all([
    trpc.sessions.challenge.mutate(),
    import('altcha-lib'),
    import('altcha-lib/algorithms/web/pbkdf2'),
  ]);
  const solution = await solveChallenge({ challenge, deriveKey });
  if (solution === null) throw new Error('The challenge was not solved in time.');
  return btoa(JSON.stringify({ challenge, solution }));
}

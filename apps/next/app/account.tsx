'use client';

import { useQuery } from '@tanstack/react-query';
import { signOut } from './actions';
import { useSession, useSessions, useTRPC } from './providers';

export function Account() {
  const { status, userId } = useSession();
  const { sessions, revokeOthers } = useSessions();
  const { data: greeting } = useQuery(useTRPC().hello.queryOptions());
  return (
    <main>
      <h1>{greeting}</h1>
      <p>
        <span id="status">{status}</span> <span id="user">{userId}</span>
      </p>
      <p id="count">{sessions.length} sessions</p>
      <button onClick={revokeOthers}>Sign out the others</button>
      <form action={signOut}>
        <button>Sign out</button>
      </form>
    </main>
  );
}

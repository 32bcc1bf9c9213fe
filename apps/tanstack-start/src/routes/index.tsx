import { useQuery } from '@tanstack/react-query';
import { createFileRoute, redirect } from '@tanstack/react-router';
import { useServerFn } from '@tanstack/react-start';
import { signOut } from '../server/functions';
import { useSession, useSessions, useTRPC } from '../trpc';

export const Route = createFileRoute('/')({
  beforeLoad: ({ context }) => {
    if (context.session === null) throw redirect({ to: '/login' });
  },
  component: Account,
});

function Account() {
  const { status, userId } = useSession();
  const { sessions, revokeOthers } = useSessions();
  const { data: greeting } = useQuery(useTRPC().hello.queryOptions());
  const leave = useServerFn(signOut);
  return (
    <main>
      <h1>{greeting}</h1>
      <p>
        <span id="status">{status}</span> <span id="user">{userId}</span>
      </p>
      <p id="count">{sessions.length} sessions</p>
      <button onClick={revokeOthers}>Sign out the others</button>
      <button onClick={() => leave()}>Sign out</button>
    </main>
  );
}

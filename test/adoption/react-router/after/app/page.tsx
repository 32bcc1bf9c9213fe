import { useMutation, useQuery } from '@tanstack/react-query';
import { useSession, useSessions } from '@trpc-sessions/client/react';
import { useTRPC } from './trpc';

export function Page() {
  const trpc = useTRPC();
  const { data: posts, refetch } = useQuery(trpc.posts.queryOptions());
  const { mutate: addPost } = useMutation(trpc.addPost.mutationOptions({ onSuccess: () => refetch() }));
  const { status, reason, login } = useSession();
  const { sessions, revoke } = useSessions();
  const signIn = () => login({ username: 'ada', password: 'lovelace' });
  return (
    <main>
      <p id="posts">{posts?.length} posts</p>
      <p id="status">{status}</p>
      <p id="reason">{reason}</p>
      {status === 'signedOut' && <button onClick={signIn}>Sign in</button>}
      {status === 'signedIn' && <button onClick={() => addPost({ body: 'Hello' })}>Add a post</button>}
      <ul>
        {sessions.map((session) => (
          <li key={session.id}>
            {session.device.name} <button onClick={() => revoke(session)}>Revoke</button>
          </li>
        ))}
      </ul>
    </main>
  );
}

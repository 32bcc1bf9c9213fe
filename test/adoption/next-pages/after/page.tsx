import { useSession, useSessions } from '@trpc-sessions/client/react';
import { trpc } from './utils/trpc';

export function Page() {
  const { data: posts, refetch } = trpc.posts.useQuery();
  const { mutate: addPost } = trpc.addPost.useMutation({ onSuccess: () => refetch() });
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

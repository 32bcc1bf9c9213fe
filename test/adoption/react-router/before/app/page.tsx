import { useMutation, useQuery } from '@tanstack/react-query';
import { useTRPC } from './trpc';

export function Page() {
  const trpc = useTRPC();
  const { data: posts, refetch } = useQuery(trpc.posts.queryOptions());
  const { mutate: addPost } = useMutation(trpc.addPost.mutationOptions({ onSuccess: () => refetch() }));
  return (
    <main>
      <p id="posts">{posts?.length} posts</p>
      <button onClick={() => addPost({ body: 'Hello' })}>Add a post</button>
    </main>
  );
}

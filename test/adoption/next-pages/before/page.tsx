import { trpc } from './utils/trpc';

export function Page() {
  const { data: posts, refetch } = trpc.posts.useQuery();
  const { mutate: addPost } = trpc.addPost.useMutation({ onSuccess: () => refetch() });
  return (
    <main>
      <p id="posts">{posts?.length} posts</p>
      <button onClick={() => addPost({ body: 'Hello' })}>Add a post</button>
    </main>
  );
}

import { dehydrate, HydrationBoundary, QueryClient } from '@tanstack/react-query';
import { redirect } from 'next/navigation';
import { getCaller, getSession } from '../server/context';
import { Account } from './account';

export default async function Page() {
  if ((await getSession()) === null) redirect('/login');
  const caller = await getCaller();
  const queryClient = new QueryClient();
  // The key of `trpc.hello.queryOptions()`.
  await queryClient.prefetchQuery({ queryKey: [['hello'], { type: 'query' }], queryFn: () => caller.hello() });
  return (
    <HydrationBoundary state={dehydrate(queryClient)}>
      <Account />
    </HydrationBoundary>
  );
}

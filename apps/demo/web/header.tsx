import { useSession } from '@trpc-sessions/client/react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { errorText } from './error-text.ts';
import { Mark } from './mark.tsx';
import { sessionEnd, trpc } from './trpc.ts';

/** Who is signed in, and the way out. */
export function Header({ onProblem }: { onProblem: (text: string) => void }) {
  const { session, logout } = useSession();
  const { data: who } = useQuery({
    queryKey: ['hello', session?.id],
    queryFn: ({ signal }) => trpc.hello.query(undefined, { signal }),
    enabled: session !== null,
    staleTime: Infinity,
  });
  const { mutate: signOut, isPending } = useMutation({
    mutationFn: () => sessionEnd.signOut(logout),
    onError: (error) => onProblem(errorText(error)),
  });

  return (
    <header className="top">
      <div className="top-inner">
        <Mark />
        <p className="who">{who?.hello}</p>
        <button type="button" className="button" aria-disabled={isPending} onClick={() => !isPending && signOut()}>
          Sign out
        </button>
      </div>
    </header>
  );
}

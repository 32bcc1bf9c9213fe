import { useSession } from '@trpc-sessions/client/react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { errorText } from './error-text.ts';
import { Mark } from './mark.tsx';
import { sessionEnd, trpc } from './trpc.ts';

/** The name of the user, and the button to sign out. */
export function Header() {
  const { session, logout, forget } = useSession();
  const { data: who } = useQuery({
    queryKey: ['hello', session?.id],
    queryFn: ({ signal }) => trpc.hello.query(undefined, { signal }),
    enabled: session !== null,
    staleTime: Infinity,
  });
  const { mutate: signOut, isPending, error, reset } = useMutation({ mutationFn: () => sessionEnd.signOut(logout) });

  return (
    <header className="top">
      <div className="top-inner">
        <Mark />
        <p className="who">{who?.hello}</p>
        <button type="button" className="button" aria-disabled={isPending} onClick={() => !isPending && signOut()}>
          Sign out
        </button>
      </div>
      {error !== null && (
        <ConfirmDialog
          title="Sign out on this device only?"
          confirmLabel="Sign out here"
          onConfirm={async () => forget()}
          onDone={reset}
          onCancel={reset}
        >
          {errorText(error)} This session stays on the list of your other devices until you end it there or it expires.
        </ConfirmDialog>
      )}
    </header>
  );
}

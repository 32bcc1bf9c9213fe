import { useMutation } from '@tanstack/react-query';
import { useSession } from '@trpc-sessions/client/react';
import { useId } from 'react';
import { errorText } from './error-text.ts';
import { Mark } from './mark.tsx';
import type { trpc } from './trpc.ts';

/** The name of the user, and the button to sign out. */
export function Header() {
  const id = useId();
  const { claims, logout, forget } = useSession<typeof trpc>();
  const { mutate: signOut, isPending, error, reset } = useMutation({ mutationFn: logout });
  return (
    <header className="top">
      <div className="top-inner">
        <Mark />
        <p className="who">{claims?.username}</p>
        <button type="button" className="button" aria-disabled={isPending} onClick={() => !isPending && signOut()}>
          Sign out
        </button>
      </div>
      {error !== null && (
        <dialog ref={(dialog) => dialog?.showModal()} className="dialog" aria-labelledby={id} onClose={reset}>
          <h2 id={id}>Sign out on this device only?</h2>
          <p>{errorText(error)} This session stays on the list of your other devices until you end it there.</p>
          <button type="button" className="button" onClick={reset}>
            Cancel
          </button>
          <button type="button" className="button button-primary" onClick={forget}>
            Sign out here
          </button>
        </dialog>
      )}
    </header>
  );
}

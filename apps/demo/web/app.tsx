import { useSession } from '@trpc-sessions/client/react';
import { Sessions } from '@trpc-sessions/client/ui';
import { useEffect, useRef, useState } from 'react';
import { Header } from './header.tsx';
import { SignIn } from './sign-in.tsx';

export function App() {
  const { status } = useSession();
  const isSignedOut = status === 'signedOut';
  // Once the form has been there, the page that takes its place takes over the focus.
  const [hasBeenAsked, setHasBeenAsked] = useState(false);
  if (isSignedOut && !hasBeenAsked) setHasBeenAsked(true);
  return isSignedOut ? <SignIn /> : <SessionsPage takesFocus={hasBeenAsked} />;
}

function SessionsPage({ takesFocus }: { takesFocus: boolean }) {
  const page = useRef<HTMLElement>(null);
  useEffect(() => {
    const heading = page.current?.querySelector('h1');
    if (!takesFocus || !heading) return;
    heading.tabIndex = -1;
    heading.focus();
  }, [takesFocus]);
  return (
    <>
      <Header />
      <main ref={page} className="page">
        <Sessions headingLevel={1} />
      </main>
    </>
  );
}

import { useSession } from '@trpc-sessions/client/react';
import { useState } from 'react';
import { SessionsPage } from './sessions-page.tsx';
import { SignIn } from './sign-in.tsx';

export function App() {
  const { status } = useSession();
  const isSignedOut = status === 'signedOut';
  // Once the form has been there, the page that takes its place takes over the focus.
  const [hasBeenAsked, setHasBeenAsked] = useState(false);
  if (isSignedOut && !hasBeenAsked) setHasBeenAsked(true);
  return isSignedOut ? <SignIn /> : <SessionsPage takesFocus={hasBeenAsked} />;
}

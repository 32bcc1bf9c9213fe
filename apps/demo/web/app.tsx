import { useSession } from '@trpc-sessions/client/react';
import { SessionsPage } from './sessions-page.tsx';
import { SignIn } from './sign-in.tsx';

export function App() {
  const { status } = useSession();
  return status === 'signedOut' ? <SignIn /> : <SessionsPage />;
}

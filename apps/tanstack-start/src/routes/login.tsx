import { createFileRoute } from '@tanstack/react-router';
import { useServerFn } from '@tanstack/react-start';
import { useState } from 'react';
import { signIn } from '../server/functions';
import { useSession } from '../trpc';

export const Route = createFileRoute('/login')({ component: Login });

function Login() {
  const [problem, setProblem] = useState('');
  const { status } = useSession();
  const send = useServerFn(signIn);
  return (
    <form action={async (form) => setProblem(await send({ data: form }))}>
      <input name="username" aria-label="Username" required />
      <input name="password" aria-label="Password" type="password" required />
      <button>Sign in</button>
      <p role="alert">{problem}</p>
      <p id="status">{status}</p>
    </form>
  );
}

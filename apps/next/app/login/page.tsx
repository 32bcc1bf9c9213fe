'use client';

import { useActionState } from 'react';
import { signIn } from '../actions';
import { useSession } from '../providers';

export default function Login() {
  const [problem, action] = useActionState(signIn, null);
  const { status } = useSession();
  return (
    <form action={action}>
      <input name="username" aria-label="Username" required />
      <input name="password" aria-label="Password" type="password" required />
      <button>Sign in</button>
      <p role="alert">{problem}</p>
      <p id="status">{status}</p>
    </form>
  );
}

import { useMutation } from '@tanstack/react-query';
import { retryAfter, sessionErrorReason } from '@trpc-sessions/client';
import { useSession } from '@trpc-sessions/client/react';
import { useId, useRef, useState, type SubmitEvent } from 'react';
import { CaptchaBox } from './captcha-box.tsx';
import { endedText } from './ended-text.ts';
import { signInErrorText, waitText } from './error-text.ts';
import { Mark } from './mark.tsx';
import { useCountdown } from './use-countdown.ts';

/** The sign-in form, with the reason why the last session ended. */
export function SignIn() {
  const id = useId();
  const { login, ...session } = useSession();
  const notice = endedText(session);
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [captcha, setCaptcha] = useState<string | null>(null);
  const [needsCaptcha, setNeedsCaptcha] = useState(false);
  const [attempts, setAttempts] = useState(0);
  const wait = useCountdown();
  const passwordInput = useRef<HTMLInputElement>(null);
  const { mutate, isPending, error } = useMutation({
    mutationFn: login,
    onError(failure) {
      // A solution counts once.
      setCaptcha(null);
      setAttempts((count) => count + 1);
      wait.start(retryAfter(failure) ?? 0);
      if (sessionErrorReason(failure) === 'captcha_required') setNeedsCaptcha(true);
      else passwordInput.current?.select();
    },
  });
  const isBlocked = isPending || wait.left > 0 || (needsCaptcha && captcha === null);
  const isWrong = sessionErrorReason(error) === 'invalid_credentials';
  const field = { required: true, 'aria-invalid': isWrong, 'aria-describedby': `${id}-notice ${id}-error` };

  function submit(event: SubmitEvent) {
    event.preventDefault();
    if (!isBlocked) mutate({ username, password, ...(captcha !== null && { captcha }) });
  }

  return (
    <main className="sign-in">
      <form className="sign-in-card" onSubmit={submit}>
        <Mark />
        <h1>Sign in</h1>
        <div id={`${id}-notice`} role="status">
          {notice !== null && error === null && <p className="notice">{notice}</p>}
        </div>
        <label>
          Username
          <input
            {...field}
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus
            value={username}
            onChange={(event) => setUsername(event.target.value)}
          />
        </label>
        <label>
          Password
          <input
            {...field}
            ref={passwordInput}
            name="password"
            type="password"
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </label>
        <div id={`${id}-error`} role="alert">
          {error !== null && <p className="error">{signInErrorText(error)}</p>}
        </div>
        {/* Not announced: a screen reader would read each second. */}
        {wait.left > 0 && (
          <p className="countdown" aria-hidden="true">
            {waitText(wait.left)}
          </p>
        )}
        {needsCaptcha && <CaptchaBox key={attempts} onSolved={setCaptcha} />}
        <button type="submit" className="button button-primary" aria-disabled={isBlocked}>
          Sign in
        </button>
        <p className="hint">
          This is a demo: <code>admin / admin</code>
        </p>
      </form>
    </main>
  );
}

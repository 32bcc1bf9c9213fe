import { retryAfter, sessionErrorReason } from '@trpc-sessions/client';
import { useSession } from '@trpc-sessions/client/react';
import { useMutation } from '@tanstack/react-query';
import { useId, useRef, useState, useSyncExternalStore, type SubmitEvent } from 'react';
import { CaptchaBox } from './captcha-box.tsx';
import { signInErrorText, waitText } from './error-text.ts';
import { Mark } from './mark.tsx';
import type { Ending } from './session-end.ts';
import { sessionEnd } from './trpc.ts';
import { useCountdown } from './use-countdown.ts';

/** The sign-in form, with the reason why the last session ended. */
export function SignIn() {
  const id = useId();
  const { login } = useSession();
  const notice = endingText(useSyncExternalStore(sessionEnd.subscribe, sessionEnd.get));
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const wait = useCountdown();
  const passwordInput = useRef<HTMLInputElement>(null);
  const {
    mutate: signIn,
    isPending,
    error,
  } = useMutation({
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
  const [needsCaptcha, setNeedsCaptcha] = useState(false);
  const [captcha, setCaptcha] = useState<string | null>(null);
  const [attempts, setAttempts] = useState(0);
  const isBlocked = isPending || wait.left > 0 || (needsCaptcha && captcha === null);

  const isWrong = sessionErrorReason(error) === 'invalid_credentials';
  const field = { required: true, 'aria-invalid': isWrong, 'aria-describedby': `${id}-notice ${id}-error` };

  function submit(event: SubmitEvent) {
    event.preventDefault();
    if (!isBlocked) signIn({ username, password, ...(captcha !== null && { captcha }) });
  }

  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <header className="sign-in-head">
          <Mark />
          <h1>Sign in</h1>
          <p>to see where you are signed in</p>
        </header>
        <div id={`${id}-notice`} role="status">
          {notice !== null && error === null && <p className="notice">{notice}</p>}
        </div>
        <form className="form" onSubmit={submit}>
          <div className="field">
            <label htmlFor={`${id}-username`}>Username</label>
            <input
              {...field}
              id={`${id}-username`}
              name="username"
              autoComplete="username"
              autoCapitalize="none"
              autoCorrect="off"
              spellCheck={false}
              autoFocus
              value={username}
              onChange={(event) => setUsername(event.target.value)}
            />
          </div>
          <div className="field">
            <label htmlFor={`${id}-password`}>Password</label>
            <input
              {...field}
              ref={passwordInput}
              id={`${id}-password`}
              name="password"
              type="password"
              autoComplete="current-password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </div>
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
            {isPending && <span className="spinner" aria-hidden="true" />}
            Sign in
          </button>
        </form>
        <p className="hint">
          This is a demo: <code>admin / admin</code>
        </p>
      </div>
    </main>
  );
}

function endingText(ending: Ending): string | null {
  switch (ending) {
    case null:
    case 'signed_out':
      return null;
    case 'revoked_session':
      return 'This session was ended from another device.';
    case 'expired_token':
      return 'This session has expired.';
    case 'idle_session':
      return 'This session has ended: it was not used for a long time.';
    default:
      return 'This session is no longer valid.';
  }
}

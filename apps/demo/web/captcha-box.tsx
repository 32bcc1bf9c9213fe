import { useMutation } from '@tanstack/react-query';
import { useId } from 'react';
import { solve } from './captcha.ts';

/** A checkbox that solves a challenge: the browser works for about a second. */
export function CaptchaBox({ onSolved }: { onSolved: (solution: string) => void }) {
  const id = useId();
  const { mutate, isPending, isSuccess, isError } = useMutation({ mutationFn: solve, onSuccess: onSolved });
  return (
    <div className="captcha">
      <input
        id={id}
        type="checkbox"
        autoFocus
        checked={isPending || isSuccess}
        aria-describedby={`${id}-status`}
        onChange={() => {
          if (!isPending && !isSuccess) mutate();
        }}
      />
      <label htmlFor={id}>I am not a robot</label>
      <span id={`${id}-status`} role="status">
        {isPending && 'Checking …'}
        {isSuccess && 'Checked'}
        {isError && 'The check failed: try again.'}
      </span>
    </div>
  );
}

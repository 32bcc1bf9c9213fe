import { useMutation } from '@tanstack/react-query';
import { sessionErrorReason } from '../../errors.ts';
import type { SessionsLabels } from '../labels/labels.ts';
import { useIsSlow } from '../screen/use-is-slow.ts';

/** An action of a dialog. */
export interface Action<TInput> {
  readonly isPending: boolean;
  readonly isSlow: boolean;
  readonly isDone: boolean;
  /** Why it has failed, in words; `null` if it has not. */
  readonly problem: string | null;
  /** Starts it, unless it is under way. */
  readonly run: (input: TInput) => void;
}

/** Runs an action once at a time. A failure is a text, not a rejection. */
export function useAction<TInput>(act: (input: TInput) => Promise<void>, labels: SessionsLabels): Action<TInput> {
  const { mutate, isPending, isSuccess, error } = useMutation({
    mutationFn: act,
    networkMode: 'always',
    // The user tries again. An app's default might do it as the next user.
    retry: false,
  });
  return {
    isPending,
    isSlow: useIsSlow(isPending),
    isDone: isSuccess,
    problem: error && problemOf(error, labels),
    run: (input) => {
      if (!isPending) mutate(input);
    },
  };
}

function problemOf(error: Error, labels: SessionsLabels): string {
  return sessionErrorReason(error) === 'fresh_session_required' ? labels.signInAgain : labels.actionFailed;
}

import type { ReactElement } from 'react';
import { OpenPrompt, type SignOutPromptProps } from './open-prompt.tsx';

/** The dialog that asks before sessions end, in your own markup. It is open while there is a question. */
export function SignOutPrompt({ screen, className, children }: SignOutPromptProps): ReactElement | null {
  const { question } = screen.signOut;
  if (question === null) return null;
  return (
    <OpenPrompt screen={screen} question={question} className={className}>
      {children}
    </OpenPrompt>
  );
}

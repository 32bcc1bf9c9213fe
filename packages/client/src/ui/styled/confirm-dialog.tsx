import type { ReactElement } from 'react';
import { SignOutPrompt } from '../parts/sign-out-prompt.tsx';
import type { SessionsScreen } from '../screen/use-sessions-screen.ts';
import { Button } from './button.tsx';
import { Outcome } from './outcome.tsx';

/** Asks before sessions end. The focus starts on Cancel. */
export function ConfirmDialog({ screen }: { readonly screen: SessionsScreen }): ReactElement {
  const { labels } = screen;
  return (
    <SignOutPrompt screen={screen} className="tss-dialog">
      {({ question, titleId, title, hintId, hint, confirm, cancel, ...action }) => (
        <div className="tss-dialog-content">
          <h2 id={titleId}>{title}</h2>
          <p id={hintId} className="tss-muted">
            {hint}
          </p>
          <Outcome action={action} labels={labels} />
          <div className="tss-actions">
            <Button isDisabled={action.isPending} onClick={cancel}>
              {labels.cancel}
            </Button>
            <Button look="danger" isPending={action.isPending} onClick={confirm}>
              {question.kind === 'notMe' ? labels.notMe : labels.signOut}
            </Button>
          </div>
        </div>
      )}
    </SignOutPrompt>
  );
}

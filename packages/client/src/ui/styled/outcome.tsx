import type { ReactElement } from 'react';
import type { SessionsLabels } from '../labels/labels.ts';
import type { Action } from '../parts/use-action.ts';

export interface OutcomeProps {
  readonly action: Pick<Action<never>, 'isPending' | 'isSlow' | 'problem'>;
  readonly labels: SessionsLabels;
}

/** Says that an action has failed or takes long. It is always rendered, because screen readers announce changes only. */
export function Outcome({ action: { isPending, isSlow, problem }, labels }: OutcomeProps): ReactElement {
  return (
    <>
      <div role="alert">{problem !== null && <p className="tss-problem">{problem}</p>}</div>
      <div role="status">
        {isPending && !isSlow && <p className="tss-hidden">{labels.pending}</p>}
        {isSlow && <p className="tss-muted">{labels.slow}</p>}
      </div>
    </>
  );
}

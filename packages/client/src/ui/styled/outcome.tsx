import type { ReactElement } from 'react';
import type { SessionsLabels } from '../labels/labels.ts';
import type { Action } from '../parts/use-action.ts';

export interface OutcomeProps {
  readonly action: Pick<Action<never>, 'isSlow' | 'problem'>;
  readonly labels: SessionsLabels;
}

/** Says that an action has failed or takes long. It is always rendered, because screen readers announce changes only. */
export function Outcome({ action: { isSlow, problem }, labels }: OutcomeProps): ReactElement {
  return (
    <>
      <div role="alert">{problem !== null && <p className="tss-problem">{problem}</p>}</div>
      <div role="status">{isSlow && <p className="tss-muted">{labels.slow}</p>}</div>
    </>
  );
}

import type { ReactElement } from 'react';
import type { SessionsScreen } from '../screen/use-sessions-screen.ts';
import { Button } from './button.tsx';

/** Selects all sessions, and asks before the selected ones end. */
export function SelectionBar({ screen }: { readonly screen: SessionsScreen }): ReactElement {
  const { labels, selection, signOut } = screen;
  const { sessions } = selection;
  return (
    <div className="tss-bar" role="group" aria-label={labels.select}>
      <label className="tss-bar-all">
        <input type="checkbox" className="tss-checkbox" checked={selection.hasAll} onChange={selection.toggleAll} />
        {labels.selectAll}
      </label>
      <Button
        look="danger"
        isDisabled={sessions.length === 0}
        onClick={() => signOut.ask(sessions.length === 1 ? 'one' : 'many', sessions)}
      >
        {labels.signOutSelected(sessions.length)}
      </Button>
    </div>
  );
}

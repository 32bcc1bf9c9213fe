import type { SessionInfo } from '../../react/index.ts';
import { useId, useState, type ReactElement } from 'react';
import type { SessionsLabels } from '../labels/labels.ts';
import type { Action } from '../parts/use-action.ts';
import { Button } from './button.tsx';
import { Outcome } from './outcome.tsx';

export interface RenameFormProps {
  readonly session: SessionInfo;
  readonly rename: Action<string>;
  readonly labels: SessionsLabels;
}

/** Names a session. An empty name brings back that of the device. */
export function RenameForm({ session, rename, labels }: RenameFormProps): ReactElement {
  const id = useId();
  const [name, setName] = useState(session.name ?? '');
  const isSaved = rename.isDone && name.trim() === (session.name ?? '');
  return (
    <form
      className="tss-rename"
      onSubmit={(event) => {
        event.preventDefault();
        rename.run(name);
      }}
    >
      <label htmlFor={id}>{labels.name}</label>
      <div className="tss-rename-line">
        <input
          id={id}
          className="tss-input"
          dir="auto"
          value={name}
          maxLength={maxNameLength}
          placeholder={session.device.name ?? labels.unknownDevice}
          autoComplete="off"
          readOnly={rename.isPending}
          onChange={(event) => setName(event.target.value)}
        />
        <Button type="submit" isPending={rename.isPending}>
          {labels.save}
        </Button>
      </div>
      <div role="status">{isSaved && <p className="tss-muted">{labels.saved}</p>}</div>
      <Outcome action={rename} labels={labels} />
    </form>
  );
}

const maxNameLength = 100;

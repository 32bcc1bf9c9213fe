import type { ReactElement } from 'react';
import type { SessionRowState } from '../parts/session-row.tsx';

export interface RowTitleProps {
  readonly row: SessionRowState;
  /** The id of the row's checkbox. */
  readonly checkboxId: string;
  /** The id of the texts below the title. */
  readonly textsId: string;
}

/** The title of a row: a button that opens the details, or the label of its checkbox. */
export function RowTitle({ row, checkboxId, textsId }: RowTitleProps): ReactElement {
  const title = <bdi>{row.title}</bdi>;
  if (row.isSelecting) {
    return (
      <label className="tss-row-target" htmlFor={checkboxId}>
        {title}
      </label>
    );
  }
  return (
    <button
      type="button"
      className="tss-row-target"
      aria-haspopup="dialog"
      aria-describedby={textsId}
      onClick={row.showDetails}
    >
      {title}
    </button>
  );
}

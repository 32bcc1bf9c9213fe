import type { ReactElement } from 'react';
import type { SessionFact } from '../screen/session-facts.ts';
import { exactTime } from '../screen/times.ts';

export interface FactsProps {
  readonly facts: readonly SessionFact[];
  readonly locale: string;
}

/** The lines of the details. */
export function Facts({ facts, locale }: FactsProps): ReactElement {
  return (
    <dl className="tss-facts">
      {facts.map(({ name, label, value }) => (
        <div key={name} data-fact={name}>
          <dt>{label}</dt>
          <dd>
            {value instanceof Date ? (
              <time dateTime={value.toISOString()}>{exactTime(value, locale)}</time>
            ) : (
              <bdi>{value}</bdi>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

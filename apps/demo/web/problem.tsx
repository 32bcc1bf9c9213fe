import { errorText } from './error-text.ts';

/** Shows that the sessions could not be loaded, with a button to retry. */
export function Problem({ error, onRetry }: { error: Error; onRetry: () => void }) {
  return (
    <div className="problem" role="alert">
      <p>{errorText(error)}</p>
      <button type="button" className="button" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}

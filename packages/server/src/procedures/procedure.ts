import type { SessionErrorShape } from '../errors.ts';
import type { DefaultErrorShape } from '../trpc/error-shape.ts';

/** The types of one of our procedures. */
export interface SessionsProcedure<TInput, TOutput> {
  input: TInput;
  output: TOutput;
  meta: object;
  errorShape: SessionErrorShape | DefaultErrorShape;
}

import type { TRPCDefaultErrorShape } from '@trpc/server';
import type { SessionErrorShape } from '../errors.ts';

/** The types of one of our procedures. */
export interface SessionsProcedure<TInput, TOutput> {
  input: TInput;
  output: TOutput;
  meta: object;
  errorShape: SessionErrorShape | TRPCDefaultErrorShape;
}

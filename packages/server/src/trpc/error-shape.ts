import type { TRPCError, TRPCProcedureType } from '@trpc/server';
import type { TRPC_ERROR_CODE_KEY, TRPC_ERROR_CODE_NUMBER, TRPCErrorShape } from '@trpc/server/rpc';

// Types of tRPC that have names only since 11.4.

/** The `data` of tRPC's own {@link DefaultErrorShape}. */
export interface DefaultErrorData {
  code: TRPC_ERROR_CODE_KEY;
  httpStatus: number;
  path?: string;
  /** In development only. */
  stack?: string;
}

/** The shape that tRPC gives an error on the wire, if the app has no `errorFormatter`. */
export interface DefaultErrorShape extends TRPCErrorShape<DefaultErrorData> {
  message: string;
  code: TRPC_ERROR_CODE_NUMBER;
}

/** The argument of an `errorFormatter`. */
export interface ErrorFormatterOptions<TContext> {
  error: TRPCError;
  type: TRPCProcedureType | 'unknown';
  path: string | undefined;
  input: unknown;
  ctx: TContext;
  shape: DefaultErrorShape;
}

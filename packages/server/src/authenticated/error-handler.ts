import { initTRPC, type TRPCError, type TRPCProcedureType as ProcedureType } from '@trpc/server';
import type { SessionErrorFormatter } from '../errors.ts';
import { hasErrors } from '../trpc/procedure-errors.ts';

/** A call, as an error formatter is given it. */
export interface HandledCall {
  readonly ctx: unknown;
  readonly type: ProcedureType;
  readonly path: string;
  readonly input: unknown;
}

/** Formats the errors of calls. */
export interface ErrorHandler {
  /** Formats an error, and returns it: tRPC keeps the shape on the error itself. */
  format(call: HandledCall, error: TRPCError): Promise<TRPCError>;
  /** Formats the errors that a stream will throw. Returns the stream to send instead of it. */
  formatStream(call: HandledCall, stream: unknown): Promise<unknown>;
}

interface HandlerContext {
  readonly call: HandledCall;
  /** Throws the error, or returns the stream. */
  readonly outcome: () => unknown;
}

const unformatted: ErrorHandler = {
  format: (_, error) => Promise.resolve(error),
  formatStream: (_, stream) => Promise.resolve(stream),
};

/**
 * Does the work of `.errors(formatError)` for the calls that need it. A builder with `.errors()` has one more middleware in
 * every call. tRPC exports no function that formats one error. So a procedure that has `.errors()`, and nothing else, throws
 * it again.
 */
export function createErrorHandler(formatError: SessionErrorFormatter): ErrorHandler {
  const t = initTRPC.context<HandlerContext>().create();
  if (!hasErrors(t.procedure)) return unformatted;
  const procedure = t.procedure.errors(({ ctx: { call }, error, shape }) =>
    formatError({ ...call, error, shape: { ...shape, data: { ...shape.data, path: call.path } } }),
  );
  const createCaller = t.createCallerFactory(
    t.router({
      result: procedure.query(({ ctx }) => ctx.outcome()),
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- or an observable: tRPC takes both
      subscription: procedure.subscription(({ ctx }) => ctx.outcome() as AsyncIterable<unknown>),
    }),
  );

  return {
    async format(call, error) {
      const rethrow = (): never => {
        throw error;
      };
      await createCaller({ call, outcome: rethrow })
        .result()
        .catch(() => {});
      return error;
    },
    formatStream(call, stream) {
      const caller = createCaller({ call, outcome: () => stream });
      return call.type === 'subscription' ? caller.subscription() : caller.result();
    },
  };
}

import type * as trpc from '@trpc/server';
import type { initTRPC } from '@trpc/server';
import type { SessionsContext } from '../request/context.ts';
import type { DefaultErrorShape } from '../trpc/error-shape.ts';

// The types of a procedure builder and of a router, in each release of tRPC 11. A type that a release does not have is `any`
// there: it is replaced by a type that derives from `initTRPC`.

type IsMissing<TType> = 'no such name' extends keyof TType ? true : false;

// oxlint-disable typescript/ban-ts-comment, typescript/prefer-ts-expect-error -- an error in some releases only

/** @ts-ignore no such type before tRPC 11.4 */
type Unset = trpc.TRPCUnsetMarker;
/** @ts-ignore before tRPC 11.22, it has no shape */
type Builder<TAdded, TShape, TContext> = trpc.TRPCProcedureBuilder<
  TContext,
  object,
  TAdded,
  Unset,
  Unset,
  Unset,
  Unset,
  false,
  TShape
>;
/** @ts-ignore no such type before tRPC 11.4 */
type Router<TRecord extends trpc.TRPCRouterRecord> = trpc.TRPCBuiltRouter<
  { ctx: SessionsContext; meta: object; errorShape: DefaultErrorShape; transformer: false },
  TRecord
>;

// oxlint-enable typescript/ban-ts-comment, typescript/prefer-ts-expect-error

declare const root: ReturnType<ReturnType<typeof initTRPC.context<SessionsContext>>['create']>;
declare const procedure: (typeof root)['procedure'];

/** A procedure builder that adds to the context, and whose errors may have a shape of their own. */
export type BuilderOf<TAdded, TShape, TContext = SessionsContext> =
  IsMissing<Builder<TAdded, TShape, TContext>> extends true
    ? ReturnType<typeof procedure.use<TAdded>>
    : Builder<TAdded, TShape, TContext>;

/** A router of these procedures. */
export type RouterOf<TRecord extends trpc.TRPCRouterRecord> =
  IsMissing<Router<TRecord>> extends true ? ReturnType<typeof root.router<TRecord>> : Router<TRecord>;

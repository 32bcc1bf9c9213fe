import { TRPCError, type AnyTRPCRouter, type TRPCDefaultErrorShape } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import type { SessionErrorData, SessionErrorReason } from '@trpc-sessions/server';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The context of a test's procedures. */
export interface TestContext {
  readonly token: string | null;
}

/** A request as it arrived. */
export interface TestRequest {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** A tRPC server on a free port. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly TestRequest[];
}

export interface TestServerOptions {
  readonly createContext?: (context: TestContext) => TestContext | Promise<TestContext>;
  /** Returns whether it has answered in place of tRPC. */
  readonly intercept?: (req: IncomingMessage, res: ServerResponse) => boolean;
}

export async function serve(router: AnyTRPCRouter, options: TestServerOptions = {}): Promise<TestServer> {
  const { createContext = (context) => context, intercept = () => false } = options;
  const requests: TestRequest[] = [];
  const handle = createHTTPHandler({ router, createContext: ({ req }) => createContext({ token: bearer(req) }) });
  const server = createServer((req, res) => {
    requests.push({ url: req.url ?? '', headers: req.headers });
    if (!intercept(req, res)) handle(req, res);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function bearer(req: IncomingMessage): string | null {
  return req.headers.authorization?.replace(/^Bearer /, '') ?? null;
}

const codes: Partial<Record<SessionErrorReason, TRPCError['code']>> = {
  too_many_attempts: 'TOO_MANY_REQUESTS',
  captcha_required: 'FORBIDDEN',
  fresh_session_required: 'FORBIDDEN',
};

class Refusal extends Error {
  readonly session: SessionErrorData;
  constructor(session: SessionErrorData) {
    super('refused');
    this.session = session;
  }
}

/** Returns the error that our server throws. */
export function refusal(reason: SessionErrorReason): TRPCError {
  return new TRPCError({ code: codes[reason] ?? 'UNAUTHORIZED', message: reason, cause: new Refusal({ reason }) });
}

/** The error shape of {@link errorFormatter}. */
export interface RefusalShape extends TRPCDefaultErrorShape {
  readonly data: TRPCDefaultErrorShape['data'] & { readonly session?: SessionErrorData };
}

/** Writes {@link refusal} on the wire as our server does. */
export function errorFormatter({ error, shape }: { error: TRPCError; shape: TRPCDefaultErrorShape }): RefusalShape {
  if (!(error.cause instanceof Refusal)) return shape;
  return { ...shape, data: { ...shape.data, session: error.cause.session } };
}

import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { serve } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import { sessionsContext, type SessionsContextOptions } from '@trpc-sessions/server';
import { awsLambdaRequestHandler } from '@trpc/server/adapters/aws-lambda';
import { createExpressMiddleware } from '@trpc/server/adapters/express';
import { fastifyTRPCPlugin, type FastifyTRPCPluginOptions } from '@trpc/server/adapters/fastify';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import type {
  APIGatewayProxyEvent,
  APIGatewayProxyEventV2,
  APIGatewayProxyResult,
  APIGatewayProxyStructuredResultV2,
  Context,
} from 'aws-lambda';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { WebSocketServer } from 'ws';
import type { AppRouter } from './app.ts';

export interface RunningServer extends AsyncDisposable {
  /** Where tRPC is served, without a slash at the end. */
  readonly url: string;
}

/** A tRPC adapter, serving a router on a free port. */
export interface AdapterTarget {
  readonly name: string;
  start(router: AppRouter, options?: SessionsContextOptions): Promise<RunningServer>;
}

/** Serves a listener of Node's HTTP. */
export async function listen(
  listener: (...args: Parameters<RequestListener>) => void | Promise<void>,
): Promise<RunningServer> {
  const server = createServer((request, response) => void listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return running(server);
}

/** Serves a handler of the Fetch API. */
async function listenToRequests(fetch: Parameters<typeof serve>[0]['fetch']): Promise<RunningServer> {
  const server = serve({ hostname: '127.0.0.1', port: 0, fetch });
  await new Promise((resolve) => server.once('listening', resolve));
  return running(server as Server);
}

function running(server: Pick<Server, 'address' | 'close' | 'closeAllConnections'>): RunningServer {
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/trpc`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const lambdaContext = {} as Context;

export const httpAdapters: readonly AdapterTarget[] = [
  {
    name: 'standalone',
    start: (router, options) =>
      listen(
        createHTTPHandler({ router, basePath: '/trpc/', createContext: (opts) => sessionsContext(opts, options) }),
      ),
  },
  {
    name: 'Express',
    start(router, options) {
      const app = express();
      app.use('/trpc', createExpressMiddleware({ router, createContext: (opts) => sessionsContext(opts, options) }));
      return listen((request, response) => void app(request, response));
    },
  },
  {
    name: 'Fastify',
    async start(router, options) {
      const app = fastify({ routerOptions: { maxParamLength: 5000 } });
      const trpcOptions: FastifyTRPCPluginOptions<AppRouter>['trpcOptions'] = {
        router,
        createContext: (opts) => sessionsContext(opts, options),
      };
      await app.register(fastifyTRPCPlugin, { prefix: '/trpc', trpcOptions });
      await app.listen({ port: 0, host: '127.0.0.1' });
      return { ...running(app.server), [Symbol.asyncDispose]: () => app.close() };
    },
  },
  {
    name: 'fetch',
    start: (router, options) =>
      listenToRequests((req, env) =>
        fetchRequestHandler({
          endpoint: '/trpc',
          req,
          router,
          createContext: (opts) =>
            // A Request does not know its peer: the platform does.
            sessionsContext(opts, { ip: 'incoming' in env ? env.incoming.socket.remoteAddress : null, ...options }),
        }),
      ),
  },
  {
    name: 'Hono',
    start(router, options) {
      const app = new Hono();
      app.all('/trpc/*', (c) =>
        fetchRequestHandler({
          endpoint: '/trpc',
          req: c.req.raw,
          router,
          createContext: (opts) => sessionsContext(opts, { ip: getConnInfo(c).remote.address, ...options }),
        }),
      );
      return listenToRequests(app.fetch);
    },
  },
  {
    name: 'Next.js App Router',
    start(router, options) {
      // app/api/trpc/[trpc]/route.ts exports this as GET and as POST; the platform in front of it sets the header.
      const route = (req: Request): Promise<Response> =>
        fetchRequestHandler({
          endpoint: '/trpc',
          req,
          router,
          createContext: (opts) => sessionsContext(opts, { ip: req.headers.get('x-real-ip'), ...options }),
        });
      return listenToRequests((req, env) => {
        const headers = new Headers(req.headers);
        headers.set('x-real-ip', ('incoming' in env ? env.incoming.socket.remoteAddress : undefined) ?? '');
        return route(new Request(req, { headers }));
      });
    },
  },
  {
    name: 'AWS Lambda, REST API',
    start(router, options) {
      const handler = awsLambdaRequestHandler<AppRouter, APIGatewayProxyEvent>({
        router,
        createContext: (opts) => sessionsContext(opts, options),
      });
      return gateway((event) => handler(event as APIGatewayProxyEvent, lambdaContext), eventV1);
    },
  },
  {
    name: 'AWS Lambda, HTTP API',
    start(router, options) {
      const handler = awsLambdaRequestHandler<AppRouter, APIGatewayProxyEventV2>({
        router,
        createContext: (opts) => sessionsContext(opts, options),
      });
      return gateway((event) => handler(event as APIGatewayProxyEventV2, lambdaContext), eventV2);
    },
  },
];

/** Acts as API Gateway: an HTTP request becomes an event, the handler's result a response. */
function gateway(
  handle: (
    event: APIGatewayProxyEvent | APIGatewayProxyEventV2,
  ) => Promise<APIGatewayProxyResult | APIGatewayProxyStructuredResultV2>,
  eventOf: (request: GatewayRequest) => APIGatewayProxyEvent | APIGatewayProxyEventV2,
): Promise<RunningServer> {
  return listen(async (request, response) => {
    const body = await text(request);
    const result = await handle(eventOf({ request, body, url: new URL(request.url ?? '/', 'http://gateway') }));
    response.statusCode = result.statusCode ?? 200;
    for (const [name, value] of Object.entries({
      ...result.headers,
      ...('cookies' in result && { 'set-cookie': result.cookies }),
    })) {
      if (value !== undefined) response.setHeader(name, Array.isArray(value) ? value : String(value));
    }
    response.end(result.body);
  });
}

interface GatewayRequest {
  readonly request: IncomingMessage;
  readonly body: string;
  readonly url: URL;
}

/** A REST API's event: names of headers in the case they were sent in. */
function eventV1({ request, body, url }: GatewayRequest): APIGatewayProxyEvent {
  const headers = request.rawHeaders.flatMap((name, at, all) =>
    at % 2 === 0 ? [[capitalized(name), all[at + 1] ?? '']] : [],
  );
  return {
    httpMethod: request.method,
    path: url.pathname,
    resource: '/trpc/{proxy+}',
    pathParameters: { proxy: url.pathname.replace('/trpc/', '') },
    headers: Object.fromEntries(headers),
    queryStringParameters: Object.fromEntries(url.searchParams),
    body,
    isBase64Encoded: false,
    requestContext: { identity: { sourceIp: request.socket.remoteAddress } },
  } as unknown as APIGatewayProxyEvent;
}

const capitalized = (name: string): string => name.replace(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase());

/** An HTTP API's event, or a function URL's. */
function eventV2({ request, body, url }: GatewayRequest): APIGatewayProxyEventV2 {
  const { cookie, ...headers } = request.headers;
  return {
    version: '2.0',
    routeKey: 'ANY /trpc/{proxy+}',
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    pathParameters: { proxy: url.pathname.replace('/trpc/', '') },
    headers,
    ...(cookie !== undefined && { cookies: cookie.split('; ') }),
    queryStringParameters: Object.fromEntries(url.searchParams),
    body,
    isBase64Encoded: false,
    requestContext: {
      stage: '$default',
      http: { method: request.method, path: url.pathname, sourceIp: request.socket.remoteAddress },
    },
  } as unknown as APIGatewayProxyEventV2;
}

/** The WebSocket adapter: one context a connection, for all of its calls. */
export async function startWebSocketServer(
  router: AppRouter,
  options?: SessionsContextOptions,
): Promise<RunningServer> {
  const wss = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => wss.once('listening', resolve));
  applyWSSHandler({ wss, router, createContext: (opts) => sessionsContext(opts, options) });
  const { port } = wss.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const client of wss.clients) client.terminate();
      await new Promise((resolve) => wss.close(resolve));
    },
  };
}

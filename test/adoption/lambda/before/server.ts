import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { handler } from './handler.js';

// An API Gateway for a developer's machine: a request becomes an event, and the result of the function a response.

const context: Context = {
  callbackWaitsForEmptyEventLoop: true,
  functionName: 'posts',
  functionVersion: '1',
  invokedFunctionArn: 'arn:aws:lambda:local:0:function:posts',
  memoryLimitInMB: '128',
  awsRequestId: '0',
  logGroupName: 'posts',
  logStreamName: 'posts',
  getRemainingTimeInMillis: () => 10_000,
  done() {},
  fail() {},
  succeed() {},
};

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const event: APIGatewayProxyEventV2 = {
    version: '2.0',
    routeKey: '$default',
    rawPath: pathname.replace('/trpc', ''),
    rawQueryString: String(searchParams),
    queryStringParameters: Object.fromEntries(searchParams),
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
    requestContext: {
      accountId: '0',
      apiId: 'posts',
      domainName: 'localhost',
      domainPrefix: 'localhost',
      http: {
        method: request.method ?? 'GET',
        path: pathname,
        protocol: 'HTTP/1.1',
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId: '0',
      routeKey: '$default',
      stage: '$default',
      time: new Date().toUTCString(),
      timeEpoch: Date.now(),
    },
    body: await text(request),
    isBase64Encoded: false,
  };
  const { statusCode = 200, headers, body } = await handler(event, context);
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, String(value));
  response.writeHead(statusCode).end(body);
});
server.listen(Number(process.env['PORT'] ?? 3000));

/** The part of a request that is read: Node's, Express's and Fastify's, and the Fetch API's. */
export interface ReadableRequest {
  readonly headers?: HeadersObject | HeadersRecord | undefined;
  readonly method?: string | undefined;
  /** Absolute in the Fetch API, a path in Node. */
  readonly url?: string | undefined;
  readonly socket?: { readonly remoteAddress?: string | undefined } | null | undefined;
}

/** The part of `Headers` that is read. */
export interface HeadersObject {
  get(name: string): string | null;
}

/** Headers as Node has them. */
export type HeadersRecord = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The part of an API Gateway event, of either version, that is read. */
export interface ReadableEvent {
  readonly headers?: HeadersRecord | null | undefined;
  readonly cookies?: readonly string[] | undefined;
  readonly httpMethod?: string | undefined;
  readonly requestContext?:
    | {
        readonly http?: { readonly method?: string; readonly sourceIp?: string } | undefined;
        readonly identity?: { readonly sourceIp?: string | null } | undefined;
      }
    | undefined;
}

/** What tRPC tells of a request beside the request itself. */
export interface ReadableInfo {
  readonly isBatchCall?: boolean;
  readonly calls?: readonly unknown[];
  readonly connectionParams?: Readonly<Record<string, string | undefined>> | null;
}

/** What tRPC's adapters hand to `createContext`, as far as it is read: standalone, Express, Fastify, fetch, Next.js, WebSocket, AWS Lambda. */
export interface CreateContextOptions {
  readonly req?: ReadableRequest | undefined;
  /** Node's response, Fastify's reply, or a WebSocket. */
  readonly res?: unknown;
  /** The fetch adapter's headers of the response to come. */
  readonly resHeaders?: { append(name: string, value: string): void } | undefined;
  readonly event?: ReadableEvent | undefined;
  readonly info?: ReadableInfo | undefined;
}

/** A request, whichever adapter it came through. */
export interface IncomingRequest {
  readonly header: (name: string) => string | null;
  /** `undefined` where the adapter does not tell. */
  readonly method: string | undefined;
  /** Host and port that the request was sent to. */
  readonly host: () => string | null;
  readonly remoteAddress: string | undefined;
  /** A WebSocket's connection parameters: over HTTP they come in the URL, which ends up in logs, and are not read. */
  readonly connectionParams: Readonly<Record<string, string | undefined>> | null;
  readonly isBatch: boolean;
  /** Whether it opens a WebSocket: whatever comes over that may change something. */
  readonly isUpgrade: boolean;
  /** Adds a header to the response, where the adapter lets a context do so. */
  readonly appendHeader: ((name: string, value: string) => void) | undefined;
  readonly socket: Socket | undefined;
}

/** The part of a WebSocket that is used. */
export interface Socket {
  readonly readyState?: number | undefined;
  send(data: string): void;
  close(code: number, reason: string): void;
  once(event: 'close', listener: () => void): unknown;
}

/** Reads what an adapter handed to `createContext`. */
export function readRequest({ req, res, resHeaders, event, info }: CreateContextOptions): IncomingRequest {
  const header = req === undefined ? eventHeaders(event) : requestHeaders(req);
  // A WebSocket makes its context when it connects, before any call.
  const isUpgrade = info?.calls?.length === 0 || header('upgrade')?.toLowerCase() === 'websocket';
  return {
    header,
    method: req?.method ?? event?.httpMethod ?? event?.requestContext?.http?.method,
    host: () => header('host') ?? authorityOf(req),
    remoteAddress: req?.socket?.remoteAddress ?? sourceIpOf(event),
    connectionParams: isUpgrade && isSocket(res) ? (info?.connectionParams ?? null) : null,
    isBatch: !isUpgrade && (info?.isBatchCall ?? isBatchUrl(req?.url)),
    isUpgrade,
    appendHeader: headerAppender(res, resHeaders),
    socket: isUpgrade && isSocket(res) ? res : undefined,
  };
}

/** HTTP/2 has `:authority` for `Host`; a `Request` of the Fetch API may have its URL alone. */
function authorityOf(req: ReadableRequest | undefined): string | null {
  if (req === undefined) return null;
  const { headers = {}, url } = req;
  const authority = isHeadersObject(headers) ? null : textOf(headers[':authority']);
  return authority ?? (url !== undefined && URL.canParse(url) ? new URL(url).host : null);
}

/** For a `createContext` that passes on `req` alone. */
function isBatchUrl(url = ''): boolean {
  return new URLSearchParams(url.slice(url.indexOf('?') + 1)).get('batch') === '1';
}

function requestHeaders({ headers = {} }: ReadableRequest): IncomingRequest['header'] {
  if (isHeadersObject(headers)) return (name) => headers.get(name);
  return (name) => textOf(headers[name]);
}

/** API Gateway's first version keeps the case in which names were sent; its second takes cookies out of the headers. */
function eventHeaders(event: ReadableEvent | undefined): IncomingRequest['header'] {
  const headers = new Map(
    Object.entries(event?.headers ?? {}).map(([name, value]) => [name.toLowerCase(), textOf(value)]),
  );
  if (event?.cookies !== undefined) headers.set('cookie', event.cookies.join('; '));
  return (name) => headers.get(name) ?? null;
}

function textOf(value: string | readonly string[] | undefined): string | null {
  return typeof value === 'string' ? value : (value?.join(', ') ?? null);
}

function sourceIpOf(event: ReadableEvent | undefined): string | undefined {
  const context = event?.requestContext;
  return context?.http?.sourceIp ?? context?.identity?.sourceIp ?? undefined;
}

function headerAppender(res: unknown, resHeaders: CreateContextOptions['resHeaders']): IncomingRequest['appendHeader'] {
  if (resHeaders !== undefined) return (name, value) => resHeaders.append(name, value);
  if (hasMethod(res, 'appendHeader')) {
    return (name, value) => {
      // A streamed batch sends its headers before its calls are done.
      if (Reflect.get(res, 'headersSent') !== true) res.appendHeader(name, value);
    };
  }
  // Fastify's reply appends cookies where it would replace other headers.
  if (hasMethod(res, 'header')) return (name, value) => void res.header(name, value);
  return undefined;
}

function isHeadersObject(headers: HeadersObject | HeadersRecord): headers is HeadersObject {
  return typeof headers.get === 'function';
}

function isSocket(res: unknown): res is Socket {
  return hasMethod(res, 'close') && hasMethod(res, 'once');
}

function hasMethod<TName extends string>(
  value: unknown,
  name: TName,
): value is Record<TName, (...args: readonly string[]) => unknown> {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, name) === 'function';
}

/** The part of a request that is read: of Node, Express, Fastify and the Fetch API. */
export interface ReadableRequest {
  readonly headers?: HeadersObject | HeadersRecord | null | undefined;
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

/** The part of tRPC's own description of a request that is read. */
export interface ReadableInfo {
  readonly isBatchCall?: boolean;
  readonly calls?: readonly unknown[];
  readonly connectionParams?: Readonly<Record<string, string | undefined>> | null;
  readonly signal?: AbortSignal;
}

/**
 * The part that is read of the options that tRPC's adapters pass to `createContext`: standalone, Express, Fastify,
 * fetch, Next.js, WebSocket, AWS Lambda.
 */
export interface CreateContextOptions {
  readonly req?: ReadableRequest | null | undefined;
  /** Node's response, Fastify's reply, or a WebSocket. */
  readonly res?: unknown;
  /** The headers of the response, in the fetch adapter. */
  readonly resHeaders?: { append(name: string, value: string): void } | null | undefined;
  readonly event?: ReadableEvent | null | undefined;
  readonly info?: ReadableInfo | null | undefined;
}

/** A request, of any adapter. */
export interface IncomingRequest {
  readonly header: (name: string) => string | null;
  /** `undefined` where the adapter does not give it. */
  readonly method: string | undefined;
  /** Host and port that the request was sent to. */
  readonly host: () => string | null;
  readonly remoteAddress: string | undefined;
  /**
   * The token of a WebSocket's connection parameters. Over HTTP they are part of the URL, which ends up in logs, and are
   * not read.
   */
  readonly connectionToken: string | null;
  readonly isBatch: boolean;
  /** Whether it is a batch whose answers are streamed: the headers of the response are sent before any call is done. */
  readonly isStreamed: boolean;
  /** Whether it opens a WebSocket, over which mutations may come. */
  readonly isUpgrade: boolean;
  /** Adds a header to the response; `undefined` where the adapter gives a context no response. */
  readonly appendHeader: ((name: string, value: string) => void) | undefined;
  readonly socket: Socket | undefined;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal | undefined;
}

/** The part of a WebSocket that is used. */
export interface Socket {
  readonly readyState?: number | undefined;
  readonly bufferedAmount?: number | undefined;
  send(data: string): void;
  close(code: number, reason: string): void;
  once(event: 'close', listener: () => void): unknown;
}

/**
 * Reads the options of `createContext`. Platforms and frameworks pass more than their types say, and a client chooses
 * the values: nothing in them makes it throw.
 */
export function readRequest({ req, res, resHeaders, event, info }: CreateContextOptions): IncomingRequest {
  const header = req ? requestHeaders(req) : eventHeaders(event);
  const isUpgrade = opensWebSocket(header, info);
  const token: unknown = info?.connectionParams?.['token'];
  const isBatch = !isUpgrade && (info?.isBatchCall ?? isBatchUrl(req?.url));
  return {
    header,
    method: req?.method ?? event?.httpMethod ?? event?.requestContext?.http?.method,
    host: () => header('host') ?? authorityOf(req),
    remoteAddress: textOf(req?.socket?.remoteAddress) ?? textOf(sourceIpOf(event)) ?? undefined,
    connectionToken: isUpgrade && isSocket(res) && isText(token) ? token : null,
    isBatch,
    isStreamed: isBatch && asksForStream(header),
    isUpgrade,
    appendHeader: headerAppender(res, resHeaders),
    socket: isUpgrade && isSocket(res) ? res : undefined,
    signal: info?.signal instanceof AbortSignal ? info.signal : undefined,
  };
}

/** tRPC makes the context of a WebSocket when it connects, before any call. The header counts for a bare request alone. */
function opensWebSocket(header: IncomingRequest['header'], info: CreateContextOptions['info']): boolean {
  if (Array.isArray(info?.calls)) return info.calls.length === 0;
  return header('upgrade')?.toLowerCase() === 'websocket';
}

/** HTTP/2 has `:authority` for `Host`; a `Request` of the Fetch API may have its URL alone. */
function authorityOf(req: CreateContextOptions['req']): string | null {
  if (!req) return null;
  const { headers, url } = req;
  const authority = headers && !isHeadersObject(headers) ? textOf(headers[':authority']) : null;
  return authority ?? (typeof url === 'string' && URL.canParse(url) ? new URL(url).host : null);
}

/** As tRPC reads it: `httpBatchStreamLink` sends one of the two headers. */
function asksForStream(header: IncomingRequest['header']): boolean {
  const accepted = header('trpc-accept') ?? header('accept') ?? '';
  return accepted.split(',').some((type) => type.trim() === 'application/jsonl');
}

/** For a `createContext` that passes `req` alone. */
function isBatchUrl(url: unknown): boolean {
  if (typeof url !== 'string') return false;
  return new URLSearchParams(url.slice(url.indexOf('?') + 1)).get('batch') === '1';
}

function requestHeaders({ headers }: ReadableRequest): IncomingRequest['header'] {
  if (!headers) return () => null;
  if (isHeadersObject(headers)) return (name) => textOf(headers.get(name));
  return (name) => textOf(headers[name]);
}

/** API Gateway's first version keeps the case in which names were sent; its second takes cookies out of the headers. */
function eventHeaders(event: CreateContextOptions['event']): IncomingRequest['header'] {
  const headers = new Map(
    Object.entries(event?.headers ?? {}).map(([name, value]) => [name.toLowerCase(), textOf(value)]),
  );
  if (Array.isArray(event?.cookies)) headers.set('cookie', event.cookies.filter(isText).join('; '));
  return (name) => headers.get(name) ?? null;
}

/** A header may have come several times (RFC 9110 §5.3), and be no text on the platforms that build events themselves. */
function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.filter(isText).join(', ');
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function sourceIpOf(event: CreateContextOptions['event']): unknown {
  const context = event?.requestContext;
  return context?.http?.sourceIp ?? context?.identity?.sourceIp;
}

function headerAppender(res: unknown, resHeaders: CreateContextOptions['resHeaders']): IncomingRequest['appendHeader'] {
  if (resHeaders) return (name, value) => resHeaders.append(name, value);
  if (hasMethod(res, 'appendHeader')) {
    return (name, value) => {
      // A streamed batch sends its headers before its calls are done.
      if (Reflect.get(res, 'headersSent') !== true) res.appendHeader(name, value);
    };
  }
  // Fastify's reply appends cookies, and replaces other headers.
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

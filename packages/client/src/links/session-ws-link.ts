import {
  createWSClient,
  wsLink,
  type Operation,
  type OperationLink,
  type TRPCClientRuntime,
  type TRPCLink,
  type WebSocketClientOptions,
  type WebSocketLinkOptions,
} from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { observable, type Unsubscribable } from '@trpc/server/observable';
import {
  isAsync,
  readReason,
  readToken,
  requireTokenStore,
  untilReady,
  type TokenStore,
} from '../tokens/token-store.ts';
import { connectionParamsOf } from './headers.ts';
import { lazyLink } from './lazy-link.ts';
import { noteSentToken } from './sent-token.ts';

/**
 * Options of {@link sessionWsLink}: those of tRPC's `createWSClient`, and `transformer`, which is required if the router has
 * one. The access token is added to `connectionParams`.
 */
export type SessionWsLinkOptions<TRouter extends AnyTRPCRouter> = WebSocketClientOptions &
  Omit<WebSocketLinkOptions<TRouter>, 'client'> & {
    /** The store of the access token. */
    readonly tokens: TokenStore;
  };

/** A link with a WebSocket of its own. */
export type SessionWsLink<TRouter extends AnyTRPCRouter> = TRPCLink<TRouter> & {
  /** Closes the socket: subscriptions end, and calls that are under way are answered first. The next call opens another. */
  readonly close: () => Promise<void>;
};

/** A socket, and the token that it was opened with. */
interface Connection<TRouter extends AnyTRPCRouter> {
  readonly token: string | null;
  readonly link: OperationLink<TRouter>;
  readonly close: () => Promise<void>;
  /** Calls that are not finished. */
  calls: number;
  /** Moves each open subscription to the current socket. */
  readonly moves: Set<() => void>;
}

/**
 * Sends calls over a WebSocket, which carries one access token for all of its calls. So each token has a socket of its own:
 * it is opened by the first call, and replaced when the user signs in or out, or gets another token. Open subscriptions move
 * to the new socket, after the last event that they have received if the server tracks them. Calls that are under way are
 * answered on the old one, which then closes.
 *
 * @throws {TypeError} `tokens` is no token store
 * @example
 * ```ts
 * import { sessionHeaders, sessionLink, sessionWsLink } from '@trpc-sessions/client';
 *
 * const links = [
 *   sessionLink({ at: 'auth', tokens }),
 *   splitLink({
 *     condition: (op) => op.type === 'subscription',
 *     true: sessionWsLink({ url: 'wss://example.com', tokens }),
 *     false: httpBatchLink({ url: '/trpc', headers: sessionHeaders(tokens) }),
 *   }),
 * ];
 * ```
 */
export function sessionWsLink<TRouter extends AnyTRPCRouter>(
  options: SessionWsLinkOptions<TRouter>,
): SessionWsLink<TRouter> {
  const { tokens } = options;
  requireTokenStore(tokens);
  const connections = createConnections(options);

  const link: TRPCLink<TRouter> = (runtime) => {
    const connect = () => connections.current(runtime);
    return ({ op, next }) =>
      observable((observer) => {
        let connection: Connection<TRouter> | undefined;
        let subscription: Unsubscribable | undefined;
        let lastEventId: string | undefined;

        function start(): void {
          const used = connect();
          connection = used;
          used.calls += 1;
          if (op.type === 'subscription') used.moves.add(move);
          noteSentToken(op, used.token);
          subscription = used.link({ op: resumed(op, lastEventId), next }).subscribe({
            next(value) {
              if ('id' in value.result && value.result.id !== undefined) lastEventId = value.result.id;
              if (connection === used) observer.next(value);
            },
            error: (error) => connection === used && observer.error(error),
            complete: () => connection === used && observer.complete(),
          });
        }

        function stop(): void {
          const used = connection;
          connection = undefined;
          subscription?.unsubscribe();
          if (used === undefined) return;
          used.moves.delete(move);
          used.calls -= 1;
          connections.closeIfUnused(used);
        }

        function move(): void {
          stop();
          start();
        }

        start();
        return stop;
      });
  };

  const ready: TRPCLink<TRouter> = isAsync(tokens)
    ? lazyLink(async () => {
        await untilReady(tokens);
        return link;
      })
    : link;
  return Object.assign(ready, { close: connections.close });
}

/** A subscription that goes on after an event: tRPC's servers put the id of the event into its input. */
function resumed(op: Operation, lastEventId: string | undefined): Operation {
  const { input = {} } = op;
  if (lastEventId === undefined || typeof input !== 'object') return op;
  return { ...op, input: { ...input, lastEventId } };
}

interface Connections<TRouter extends AnyTRPCRouter> {
  readonly current: (runtime: TRPCClientRuntime) => Connection<TRouter>;
  readonly closeIfUnused: (connection: Connection<TRouter>) => void;
  readonly close: () => Promise<void>;
}

function createConnections<TRouter extends AnyTRPCRouter>(
  options: SessionWsLinkOptions<TRouter>,
): Connections<TRouter> {
  const { tokens, connectionParams: theirs } = options;
  /** The newest is for the current token. Those before it have calls that are not finished. */
  const connections = new Set<Connection<TRouter>>();
  let unsubscribe = (): void => {};

  function open(runtime: TRPCClientRuntime): Connection<TRouter> {
    const token = readToken(tokens);
    const client = createWSClient({
      ...options,
      connectionParams: async () => ({
        ...(typeof theirs === 'function' ? await theirs() : theirs),
        ...connectionParamsOf(token),
      }),
    });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- SessionWsLinkOptions requires the transformer if the router has one
    const link = wsLink<TRouter>({ ...options, client } as WebSocketLinkOptions<TRouter>)(runtime);
    return { token, link, calls: 0, moves: new Set(), close: () => client.close() };
  }

  const isCurrent = ({ token }: Connection<TRouter>) => token === readToken(tokens);

  async function close(connection: Connection<TRouter>): Promise<void> {
    connections.delete(connection);
    if (connections.size === 0) unsubscribe();
    await connection.close();
  }

  function closeIfUnused(connection: Connection<TRouter>): void {
    if (!isCurrent(connection) && connection.calls === 0) void close(connection);
  }

  function follow(): void {
    // The server ends the streams of a session that it has refused, each with the reason.
    const isRefused = readToken(tokens) === null && readReason(tokens) !== null;
    for (const connection of [...connections].filter((each) => !isCurrent(each))) {
      if (!isRefused) for (const move of Array.from(connection.moves)) move();
      closeIfUnused(connection);
    }
  }

  return {
    current(runtime) {
      const existing = [...connections].find(isCurrent);
      if (existing !== undefined) return existing;
      if (connections.size === 0) unsubscribe = tokens.subscribe(follow);
      const opened = open(runtime);
      connections.add(opened);
      return opened;
    },
    closeIfUnused,
    async close() {
      await Promise.all(Array.from(connections, close));
    },
  };
}

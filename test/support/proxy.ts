import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A proxy between clients and a server. A test can cut it without a signal to either end. */
export interface Proxy extends AsyncDisposable {
  /** The server's address, through here. */
  readonly url: string;
  /** From now on nothing passes, neither data nor the end of a connection; new connections are accepted, and never answered. */
  freeze(): void;
  /** From now on nothing passes, until {@link thaw}. It is silent, as {@link freeze} is, and loses nothing. */
  hold(): void;
  /** All that was held passes. */
  thaw(): void;
  /** Ends all connections, and new ones at once. */
  cut(): void;
  /** New connections pass again; those that were frozen stay so. */
  heal(): void;
}

const ports: Readonly<Record<string, number>> = { 'redis:': 6379, 'postgres:': 5432, 'postgresql:': 5432 };

export async function startProxy(target: string): Promise<Proxy> {
  const url = new URL(target);
  const address = { host: url.hostname, port: Number(url.port) || ports[url.protocol] || 0, allowHalfOpen: true };
  const sockets = new Set<Socket>();
  const wires = new Set<{ isFrozen: boolean }>();
  let isFrozen = false;
  let isHeld = false;
  let isCut = false;

  const server = createServer({ allowHalfOpen: true }, (near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    const wire = { isFrozen };
    const far = connect(address);
    wires.add(wire);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (data) => wire.isFrozen || to.write(data));
      from.on('end', () => wire.isFrozen || to.end());
      from.on('error', () => wire.isFrozen || to.destroy());
      from.on('close', () => sockets.delete(from));
      if (isHeld) from.pause();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);

  return {
    url: url.href,
    freeze() {
      isFrozen = true;
      for (const wire of wires) wire.isFrozen = true;
    },
    hold() {
      isHeld = true;
      for (const socket of sockets) socket.pause();
    },
    thaw() {
      isHeld = false;
      for (const socket of sockets) socket.resume();
    },
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    heal() {
      isFrozen = false;
      isCut = false;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

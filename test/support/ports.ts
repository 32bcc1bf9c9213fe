import { createServer, type AddressInfo } from 'node:net';

/** Outgoing connections get higher ports from the system, so none of them can take one of ours. */
const range = { from: 12_000, size: 18_000 };

/** Finds a port that is free now, and that stays free while its server restarts. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = range.from + Math.floor(Math.random() * range.size);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const bound = await new Promise<AddressInfo | null>((resolve) => {
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => resolve(server.address() as AddressInfo));
  });
  if (bound !== null) await new Promise((resolve) => server.close(resolve));
  return bound !== null;
}

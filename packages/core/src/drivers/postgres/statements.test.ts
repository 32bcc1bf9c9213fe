import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import pg from 'pg';
import { expect, test } from 'vitest';
import { reuseStatements } from './statements.ts';

/** One message of PostgreSQL's protocol: its type, its length, its body. */
function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const welcome = message('R', Buffer.alloc(4));
const ready = message('Z', Buffer.from('I'));
const terminated = message('E', Buffer.from('SFATAL\0C57P01\0Mterminating connection\0\0'));

/** Accepts each connection and terminates it in the same packet, as a server does that is shutting down. */
async function startTerminatingServer(): Promise<Server> {
  const server = createServer((socket) => {
    socket.once('data', () => socket.end(Buffer.concat([welcome, ready, terminated])));
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

test('a connection that breaks before its first query rejects that query, and does not end the process', async () => {
  const server = await startTerminatingServer();
  const { port } = server.address() as AddressInfo;
  const pool = new pg.Pool({ host: '127.0.0.1', port, user: 'app', ssl: false });
  pool.on('error', () => {});
  const broken: unknown[] = [];
  const onError = (error: unknown): void => void broken.push(error);
  process.on('uncaughtException', onError);
  try {
    const client = await reuseStatements(pool).connect();
    await expect(client.query('select 1', [])).rejects.toThrow(/connection/i);
    client.release(true);
    // An uncaught error would be emitted after the packet has been read.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('uncaughtException', onError);
    await pool.end();
    server.close();
  }
  expect(broken).toEqual([]);
});

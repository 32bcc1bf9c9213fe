import { createSessionManager, memoryCache } from '@trpc-sessions/core';
import { redisBus } from '@trpc-sessions/core/redis';
import SqliteDatabase from 'better-sqlite3';
import { Redis } from 'ioredis';
import { secret, type FromNode, type ToNode } from './redis.ts';

// Nodes of the measurement over Redis: each has a manager and a bus of its own, and so two connections.

const [url = '', file = '', count = '1'] = process.argv.slice(2);
const answer = (message: FromNode): void => void process.send?.(message);
const now = (): number => performance.timeOrigin + performance.now();

const db = new SqliteDatabase(file);
const nodes = Array.from({ length: Number(count) }, () => {
  const client = new Redis(url);
  const manager = createSessionManager({ db, keys: secret, cache: memoryCache({ max: 1000 }), bus: redisBus(client) });
  /** When each session was ended, by its id. */
  const endedAt = new Map<string, number>();
  manager.on('ended', ({ ids = [] }) => {
    for (const id of ids) endedAt.set(id, now());
  });
  return { client, manager, endedAt };
});

process.on('message', (message: ToNode) => {
  void handle(message);
});

async function handle(message: ToNode): Promise<void> {
  switch (message.do) {
    case 'revoke': {
      const { manager } = nodes[0]!;
      const sentAt: [string, number][] = [];
      await Promise.all(
        message.ids.map(async (id) => {
          await manager.revoke({ userId: 'ada', id });
          sentAt.push([id, now()]);
        }),
      );
      return answer({ sentAt });
    }
    case 'report': {
      const delays = nodes.flatMap(({ endedAt }) =>
        message.sentAt.flatMap(([id, at]) => {
          const ended = endedAt.get(id);
          return ended === undefined ? [] : [ended - at];
        }),
      );
      return answer({ delays });
    }
    case 'close':
      for (const { manager, client } of nodes) {
        await manager.close();
        client.disconnect();
      }
      process.exit();
  }
}

// Each bus is subscribed when a revocation of another arrives. A connection takes far less than that.
await new Promise((resolve) => setTimeout(resolve, 1000));
answer({ ready: true });

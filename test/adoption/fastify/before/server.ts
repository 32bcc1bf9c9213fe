import { EventEmitter, on } from 'node:events';
import websocket from '@fastify/websocket';
import { initTRPC } from '@trpc/server';
import { fastifyTRPCPlugin } from '@trpc/server/adapters/fastify';
import Database from 'better-sqlite3';
import fastify from 'fastify';
import { z } from 'zod';

const db = new Database('app.db');
db.exec('create table if not exists posts (id integer primary key, body text not null)');
const events = new EventEmitter();

const t = initTRPC.create();
const appRouter = t.router({
  posts: t.procedure.query(() => db.prepare<[], { id: number; body: string }>('select * from posts').all()),
  addPost: t.procedure.input(z.object({ body: z.string() })).mutation(({ input }) => {
    db.prepare('insert into posts (body) values (?)').run(input.body);
    events.emit('post', input.body);
  }),
  newPosts: t.procedure.subscription(async function* ({ signal }) {
    for await (const [body] of on(events, 'post', { signal })) yield String(body);
  }),
});
export type AppRouter = typeof appRouter;

async function main(): Promise<void> {
  const server = fastify({ routerOptions: { maxParamLength: 5000 } });
  await server.register(websocket);
  await server.register(fastifyTRPCPlugin, {
    prefix: '/trpc',
    useWSS: true,
    trpcOptions: { router: appRouter },
  });
  await server.listen({ port: Number(process.env['PORT'] ?? 3000) });
}
void main();

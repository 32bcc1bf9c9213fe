import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { migrateToLatest } from '@trpc-sessions/core';
import { sessionsContext } from '@trpc-sessions/server';
import { createExpressMiddleware } from '@trpc/server/adapters/express';
import { appRouter, db } from './router.js';

@Module({})
class AppModule {}

async function main(): Promise<void> {
  await migrateToLatest(db);
  const app = await NestFactory.create(AppModule);
  app.use('/trpc', createExpressMiddleware({ router: appRouter, createContext: (opts) => sessionsContext(opts) }));
  await app.listen(Number(process.env['PORT'] ?? 3000));
}
void main();

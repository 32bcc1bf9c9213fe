import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createExpressMiddleware } from '@trpc/server/adapters/express';
import { appRouter } from './router.js';

@Module({})
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule);
  app.use('/trpc', createExpressMiddleware({ router: appRouter }));
  await app.listen(Number(process.env['PORT'] ?? 3000));
}
void main();

export { appRouter, type AppRouter } from './root';
export { createTRPCContext } from './trpc';

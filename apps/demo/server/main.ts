import { failureLine, startDemo } from './start.ts';

try {
  const demo = await startDemo(process.env);
  console.log(demo.greeting);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void demo.close());
} catch (error) {
  console.error(failureLine(error));
  // Open connections would keep the process alive.
  process.exit(1);
}

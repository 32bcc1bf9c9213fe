import { expect, test } from 'vitest';
import { addedLines, shapes } from './lines.ts';

// The apps themselves are installed and run each night, by `adoption.test.ts`.
test.each(shapes)('sessions add fewer than 25 lines to the app %s, its users and its pages aside', (shape) => {
  const { counted, aside } = addedLines(shape);
  console.info(`${shape}: ${counted} lines, ${aside} aside`);
  expect(counted).toBeGreaterThan(5);
  expect(counted).toBeLessThan(25);
});

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { figures } from './dialect.ts';
import { passagesOfPage, passagesOfSource, sentencesOf, wordsOf } from './prose.ts';

// Counts the figures of `dialect.ts` in 10,000 words of comments and documentation: of this folder, or of the one given.

const { positionals } = parseArgs({ allowPositionals: true });
const root = positionals[0] ?? new URL('../..', import.meta.url).pathname;

const places = {
  comments: ['packages/*/src/**/*.{ts,tsx}', 'test/**/*.ts'],
  documentation: ['*.md', 'docs/**/*.md', 'packages/*/*.md', 'test/*/README.md', '.changeset/*.md'],
};

function passagesIn(patterns: readonly string[]): string[] {
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: root, exclude: ['**/node_modules'] }));
  return files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const passages = file.endsWith('.md') ? passagesOfPage(text) : passagesOfSource(text);
    return passages.map((passage) => passage.text);
  });
}

function count(passages: readonly string[]): Record<string, number> {
  const sentences = passages.flatMap(sentencesOf);
  const words = sentences.flatMap(wordsOf).length;
  const counts = Object.entries(figures).map(([name, pattern]): [string, number] => {
    const found = passages.flatMap((text) => text.match(pattern) ?? []).length;
    return [name, Math.round((found / words) * 100_000) / 10];
  });
  return {
    ...Object.fromEntries(counts),
    'sentences over 30 words (number)': sentences.filter((sentence) => wordsOf(sentence).length > 30).length,
    'words (number)': words,
  };
}

const comments = passagesIn(places.comments);
const documentation = passagesIn(places.documentation);
const columns = {
  comments: count(comments),
  documentation: count(documentation),
  both: count([...comments, ...documentation]),
};
const rows = Object.keys(columns.both).map((name) => [
  name,
  Object.fromEntries(Object.entries(columns).map(([column, counts]) => [column, counts[name]])),
]);
console.table(Object.fromEntries(rows));

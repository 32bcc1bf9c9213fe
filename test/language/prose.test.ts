import { expect, test } from 'vitest';
import { dialectIn } from './dialect.ts';
import { passagesOfPage, passagesOfSource, sentencesOf, wordsOf } from './prose.ts';

const textsOf = (passages: ReturnType<typeof passagesOfPage>): string[] => passages.map(({ text }) => text);

test('a page has its headings, paragraphs, list items and table cells as passages, each with its line', () => {
  const page = [
    '---',
    'title: skipped',
    '---',
    '# Heading',
    'A paragraph of',
    'two lines with `code` and a [link](https://example.com).',
    '- an item',
    '- another',
    '```ts',
    "const skipped = 'what';",
    '```',
    '| cell | other |',
  ].join('\n');

  expect(passagesOfPage(page)).toEqual([
    { line: 4, text: '# Heading' },
    { line: 5, text: 'A paragraph of two lines with Code and a link.' },
    { line: 7, text: '- an item' },
    { line: 8, text: '- another' },
    { line: 12, text: 'cell' },
    { line: 12, text: 'other' },
  ]);
});

test('a source has its comments as passages, without code, texts and lint directives', () => {
  const source = [
    '/**',
    ' * Reads a token.',
    ' *',
    ' * @throws {TypeError} it is missing',
    ' */',
    "const url = 'https://example.com'; // behind code",
    'use(url);',
    '// oxlint-disable-next-line some/rule -- why',
    "const text = 'what';",
  ].join('\n');

  expect(textsOf(passagesOfSource(source))).toEqual([
    'Reads a token.',
    '-  {TypeError} it is missing',
    '-  behind code',
    'why',
  ]);
});

test('a sentence ends at a full stop before a capital or a number, not at a colon', () => {
  expect(sentencesOf('One: two; three. Four 1.5 five? "Six."')).toEqual([
    'One: two; three.',
    'Four 1.5 five?',
    '"Six."',
  ]);
  expect(wordsOf("The user's e-mail, 1.5 kB: ≈ 3.")).toEqual(['The', "user's", 'e-mail', '1.5', 'kB', '3']);
});

test.each([
  ['What is signed is verified.', ['What']],
  ['It tells nobody.', ['tells', 'nobody']],
  ['Where there is none, it is made anew.', ['Where there', 'anew']],
  ['The cache believes a row of late.', ['believes', 'of late']],
  ['What is a session?', []],
  ['The session is revoked.', []],
])('the dialect of %j is %j', (text, words) => {
  expect(dialectIn(text)).toEqual(words);
});

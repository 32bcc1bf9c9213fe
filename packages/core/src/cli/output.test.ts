import { expect, test } from 'vitest';
import { explain, formatJson, formatTable } from './output.ts';

test.each<[name: string, columns: number]>([
  ['Chrome', 6],
  ['Zoë', 3],
  ['Zoe\u0308', 3],
  ['Москва', 6],
  ['北京', 4],
  ['ノート', 6],
  ['ｱｲｳ', 3],
  ['한국', 4],
  ['ＡＢ', 4],
  ['「」', 4],
  ['📱', 2],
  ['❤️', 2],
  ['❤', 1],
  ['👩‍💻', 2],
  ['👍🏽', 2],
  ['🇵🇹', 2],
  ['1️⃣', 2],
  ['123#*©', 6],
])('%s is %d columns wide on a terminal', (name, columns) => {
  const [header = '', row = ''] = formatTable(['A', 'B'], [[name, 'b']]).split('\n');
  expect(row).toBe(`${name}  b`);
  expect(header).toBe(`A${' '.repeat(columns - 1)}  B`);
});

test('a document is one line, with nothing in it that a terminal would obey', () => {
  const value = { name: 'a\u001b[2J\u009b\u202e\n', list: [1, 2] };
  const text = formatJson(value);
  expect(text).toBe(String.raw`{"name":"a\u001b[2J\u009b\u202e\n","list":[1,2]}`);
  expect(JSON.parse(text)).toEqual(value);
});

test('a table that is missing is made by migrating, unless that is what failed', () => {
  const error = Object.assign(new Error('relation "x" does not exist'), { code: '42P01' });
  expect(explain(error, { command: 'list' })).toBe(
    'relation "x" does not exist: run trpc-sessions migrate, or give --table its name',
  );
  expect(explain(error, { command: 'migrate' })).toBe('relation "x" does not exist');
});

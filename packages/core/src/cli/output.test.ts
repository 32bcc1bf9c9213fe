import { expect, test } from 'vitest';
import { formatJson, formatTable } from './output.ts';

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

test('a JSON document is one line of printable characters', () => {
  const value = { name: 'a\u001b[2J\u009b\u202e\u2028\u2029\u0085\u3164\u{E0001}\n', list: [1, 2] };
  const text = formatJson(value);
  expect(text).toBe(String.raw`{"name":"a\u001b[2J\u009b\u202e\u2028\u2029\u0085\u3164\udb40\udc01\n","list":[1,2]}`);
  expect(JSON.parse(text)).toEqual(value);
});

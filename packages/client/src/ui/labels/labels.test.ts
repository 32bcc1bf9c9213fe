import { expect, test } from 'vitest';
import { labelsAr } from './labels-ar.ts';
import { labelsEn } from './labels-en.ts';

const textOf = (label: unknown): string => String(typeof label === 'function' ? label(3) : label);

test('each text is in Arabic', () => {
  const { language, direction, ...texts } = labelsAr;
  expect([language, direction]).toEqual(['ar', 'rtl']);
  expect(Object.keys(labelsAr)).toEqual(Object.keys(labelsEn));
  expect(Object.entries(texts).filter(([, label]) => !/\p{Script=Arabic}/u.test(textOf(label)))).toEqual([]);
});

test('English has a singular', () => {
  expect([1, 2].map(labelsEn.askMany)).toEqual(['Sign out 1 device?', 'Sign out 2 devices?']);
  expect(labelsEn.askOthersHint(1)).toContain('1 other session.');
});

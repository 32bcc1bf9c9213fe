// @vitest-environment happy-dom
import { cleanup, render } from '@testing-library/react';
import { StrictMode } from 'react';
import { renderToString } from 'react-dom/server';
import { afterEach, expect, test, vi } from 'vitest';
import { labelsEn } from './labels/labels-en.ts';
import { useLocale } from './screen/use-locale.ts';
import { RelativeTime } from './parts/relative-time.tsx';

afterEach(cleanup);

function Times({ given }: { given?: string | undefined }) {
  const locale = useLocale(labelsEn.language, given);
  return (
    <p lang={locale}>
      <RelativeTime date={new Date('2020-01-31T12:00:00Z')} locale={locale} />
    </p>
  );
}

/** The page as a server has rendered it, and after it has hydrated. */
function hydrate(page: React.ReactElement): { before: string; after: string } {
  const container = document.createElement('div');
  container.innerHTML = renderToString(page);
  document.body.append(container);
  const before = container.innerHTML;
  const complain = vi.spyOn(console, 'error');
  render(<StrictMode>{page}</StrictMode>, { container, hydrate: true });
  expect(complain).not.toHaveBeenCalled();
  return { before, after: container.innerHTML };
}

test('a page hydrates with the texts of the server, and then has the locale and the time zone of the user', () => {
  document.documentElement.lang = 'en-GB';
  const { before, after } = hydrate(<Times />);
  expect(before).toContain('<p lang="en">');
  expect(before).toContain('>2020-01-31<');
  expect(after).toContain('<p lang="en-GB">');
  // The tests' time zone is 13 hours and 45 minutes ahead of UTC.
  expect(after).toContain('title="1 Feb 2020, 01:45">1 Feb 2020<');
});

test('dates are in the language of the labels, unless the app gives a locale', () => {
  document.documentElement.lang = 'de';
  expect(hydrate(<Times />).after).toContain('Feb 1, 2020<');
  expect(hydrate(<Times given="de" />).after).toContain('01.02.2020<');
});

test.each([
  ['en_GB', undefined, '1 Feb 2020<'],
  ['en-', undefined, 'Feb 1, 2020<'],
  ['de', 'en_GB', '1 Feb 2020<'],
  ['de', 'en-GB@posix', '1 Feb 2020<'],
  ['de', 'no locale', 'Feb 1, 2020<'],
])('a locale that Intl would refuse breaks no page: %j of the page, %j of the app', (page, given, date) => {
  document.documentElement.lang = page;
  expect(hydrate(<Times given={given} />).after).toContain(date);
});

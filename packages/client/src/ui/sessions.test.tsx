// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import type { SessionInfo } from '@trpc-sessions/server';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { listKey } from '../react/queries.ts';
import { tokenVersionOf } from '../react/token-version.ts';
import { startApp, type TestApp } from '../testing/app.tsx';
import { labelsAr } from './labels/labels-ar.ts';
import { labelsEn } from './labels/labels-en.ts';
import type { SessionsLabels } from './labels/labels.ts';
import { Sessions, type SessionsProps } from './sessions.tsx';

beforeEach(() => localStorage.clear());
afterEach(() => {
  cleanup();
  localStorage.clear();
});

/** Shows the screen of a user with a desk, a phone and a tablet. The desk is this device. */
async function show(app: TestApp, props: SessionsProps = {}): Promise<void> {
  const { rename } = app.client.sessions;
  app.tokens.set(app.signIn('ada'));
  for (const name of ['Desk', 'Phone', 'Tablet']) {
    const id = name === 'Desk' ? app.tokens.get()! : app.signIn('ada');
    await rename.mutate({ id, name });
  }
  render(<Sessions {...props} />, { wrapper: app.Providers });
  await screen.findByRole('button', { name: 'Desk' });
}

const button = (name: string | RegExp) => screen.getByRole('button', { name });
const click = (name: string | RegExp) => fireEvent.click(button(name));
const dialog = () => screen.getByRole('dialog');
const inDialog = (name: string) => within(dialog()).getByRole('button', { name });
const isShown = (name: string) => screen.queryByRole('button', { name }) !== null;
const gone = (name: string) => waitFor(() => expect(isShown(name)).toBe(false));
const rowOf = (name: string) => button(name).closest('li');
const busy = (element: Element | null) => element?.getAttribute('aria-busy');
const disabled = (element: Element) => element.getAttribute('aria-disabled');
function pressBackdrop(): void {
  fireEvent.pointerDown(dialog());
  fireEvent.click(dialog());
}
const news = () => document.querySelector('.tss-notice')?.textContent;

describe('Sessions', () => {
  test('shows this device first, which is active now, and then the others', async () => {
    await using app = await startApp();
    await show(app);
    const rows = screen.getAllByRole('listitem').map((row) => row.querySelector('.tss-row-target')?.textContent);
    expect(rows).toEqual(['Desk', 'Phone', 'Tablet']);
    expect(rowOf('Desk')?.textContent).toContain('Active now');
    expect(within(rowOf('Desk')!).queryByRole('button', { name: /Sign out/ })).toBeNull();
  });

  test('says that there are no other devices', async () => {
    await using app = await startApp();
    app.tokens.set(app.signIn('ada'));
    render(<Sessions />, { wrapper: app.Providers });
    await screen.findByText('You are signed in on this device only.');
    expect(isShown('Sign out all other devices')).toBe(false);
    expect(isShown('Select')).toBe(false);
  });

  test('is a skeleton while loading, and says so', async () => {
    await using app = await startApp();
    app.tokens.set(app.signIn('ada'));
    const release = app.holdAnswers();
    render(<Sessions />, { wrapper: app.Providers });
    expect(screen.getByText('Loading your sessions…').parentElement?.role).toBe('status');
    expect(document.querySelector('.tss-bone')).not.toBeNull();
    release();
    await screen.findByText('This device');
    expect(document.querySelector('.tss-bone')).toBeNull();
  });

  test('says that it could not load, and loads again', async () => {
    await using app = await startApp();
    app.tokens.set(app.signIn('ada'));
    app.trouble = 'broken connection';
    render(<Sessions />, { wrapper: app.Providers });
    const problem = await screen.findByText('Your sessions could not be loaded.');
    expect(problem.closest('[role=alert]')).not.toBeNull();
    app.trouble = null;
    click('Try again');
    await screen.findByText('This device');
    expect(screen.queryByText('Your sessions could not be loaded.')).toBeNull();
  });

  test('keeps a list that could not be loaded again, and says that it may be out of date', async () => {
    await using app = await startApp();
    await show(app);
    app.trouble = 'INTERNAL_SERVER_ERROR';
    await act(() => app.queryClient.invalidateQueries());
    await screen.findByText('The list may be out of date.');
    expect(isShown('Phone')).toBe(true);
    const retry = button('Try again');
    app.trouble = null;
    const release = app.holdAnswers();
    fireEvent.click(retry);
    await waitFor(() => expect(disabled(retry)).toBe('true'));
    release();
    await waitFor(() => expect(screen.queryByText('The list may be out of date.')).toBeNull());
  });

  test('says that it is offline, and keeps the list', async () => {
    await using app = await startApp();
    await show(app);
    const online = Object.getOwnPropertyDescriptor(Navigator.prototype, 'onLine')!;
    Object.defineProperty(Navigator.prototype, 'onLine', { ...online, get: () => false });
    act(() => void window.dispatchEvent(new Event('offline')));
    expect(screen.getByText('You are offline. The list may be out of date.')).toBeDefined();
    expect(isShown('Phone')).toBe(true);
    Object.defineProperty(Navigator.prototype, 'onLine', online);
    act(() => void window.dispatchEvent(new Event('online')));
    expect(screen.queryByText('You are offline. The list may be out of date.')).toBeNull();
  });

  test('says that the user is signed out', async () => {
    await using app = await startApp();
    render(<Sessions />, { wrapper: app.Providers });
    expect(screen.getByText('You are signed out.')).toBeDefined();
  });

  test('is in another language, from right to left', async () => {
    await using app = await startApp();
    app.tokens.set(app.signIn('ada'));
    render(<Sessions labels={labelsAr} />, { wrapper: app.Providers });
    await screen.findByText(labelsAr.thisDevice);
    const { lang, dir } = document.querySelector<HTMLElement>('.tss')!;
    expect([lang, dir]).toEqual(['ar', 'rtl']);
  });
});

describe('signing out', () => {
  test('ends one session after a question, and says so', async () => {
    await using app = await startApp();
    await show(app);
    click('Sign out Phone');
    expect(screen.getByRole('heading', { name: 'Sign out Phone?' })).toBeDefined();
    fireEvent.click(inDialog('Sign out'));
    await gone('Phone');
    expect(news()).toBe('Signed out Phone.');
    expect(document.activeElement?.textContent).toBe('Other devices');
    expect(isShown('Tablet')).toBe(true);
    expect(app.calls().filter((path) => path.includes('revoke'))).toHaveLength(1);
  });

  test('ends nothing if the user cancels', async () => {
    await using app = await startApp();
    await show(app);
    click('Sign out Phone');
    fireEvent.click(inDialog('Cancel'));
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(app.calls().some((path) => path.includes('revoke'))).toBe(false);
  });

  test('cannot be cancelled while it runs: the dialog and its buttons wait for the answer', async () => {
    await using app = await startApp();
    await show(app);
    click('Sign out Phone');
    const release = app.holdAnswers();
    fireEvent.click(inDialog('Sign out'));
    await waitFor(() => expect(dialog().dataset['pending']).toBe('true'));
    expect(busy(rowOf('Phone'))).toBe('true');
    expect(busy(rowOf('Tablet'))).toBe('false');

    for (const name of ['Cancel', 'Sign out']) {
      expect(disabled(inDialog(name))).toBe('true');
      fireEvent.click(inDialog(name));
    }
    const escape = new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true });
    act(() => void dialog().dispatchEvent(escape));
    expect(escape.defaultPrevented).toBe(true);
    fireEvent(dialog(), new Event('cancel', { cancelable: true }));
    pressBackdrop();
    expect(dialog()).toBeDefined();

    release();
    await gone('Phone');
    expect(app.calls().filter((path) => path.includes('revoke'))).toHaveLength(1);
  });

  test('says that it has failed, and the row is back', async () => {
    await using app = await startApp();
    await show(app);
    click('Sign out Phone');
    app.trouble = 'INTERNAL_SERVER_ERROR';
    fireEvent.click(inDialog('Sign out'));
    await waitFor(() => expect(within(dialog()).getByRole('alert').textContent).toContain('Please try again.'));
    expect(busy(rowOf('Phone'))).toBe('false');
    app.trouble = null;
    fireEvent.click(inDialog('Sign out'));
    await gone('Phone');
  });

  test('asks for a new sign-in if the server wants one', async () => {
    await using app = await startApp();
    await show(app);
    click('Sign out Phone');
    app.trouble = 'fresh_session_required';
    fireEvent.click(inDialog('Sign out'));
    await screen.findByText('Please sign in again to do this.');
  });

  test('ends all other sessions after a question', async () => {
    await using app = await startApp();
    await show(app);
    click('Sign out all other devices');
    expect(dialog().textContent).toContain('This ends 2 other sessions.');
    fireEvent.click(inDialog('Sign out'));
    await screen.findByText('No other devices');
    expect(news()).toBe('Signed out 2 devices.');
    expect(isShown('Desk')).toBe(true);
  });

  test('ends those that are selected', async () => {
    await using app = await startApp();
    await show(app);
    click('Select');
    expect(disabled(button('Sign out (0)'))).toBe('true');
    fireEvent.click(screen.getByRole('checkbox', { name: 'Select all' }));
    expect(isShown('Sign out (2)')).toBe(true);
    fireEvent.click(screen.getByRole('checkbox', { name: 'Tablet' }));
    click('Sign out (1)');
    fireEvent.click(inDialog('Sign out'));
    await waitFor(() => expect(news()).toBe('Signed out Phone.'));
    expect(isShown('Tablet')).toBe(true);
    expect(screen.queryByRole('checkbox')).toBeNull();
  });

  test('signs out this device from its details', async () => {
    await using app = await startApp();
    await show(app);
    click('Desk');
    click('Sign out this device');
    fireEvent.click(inDialog('Sign out'));
    await screen.findByText('You are signed out.');
    expect(app.tokens.get()).toBeNull();
  });
});

test('what clients say about themselves is text, and said once', async () => {
  await using app = await startApp();
  await show(app);
  const report = vi.spyOn(console, 'error');
  const markup = '<img src=x onerror=alert(1)>';
  const hostile = { name: markup, location: 'Berlin', ip: markup, userAgent: markup };
  app.queryClient.setQueryData<readonly SessionInfo[]>(listKey(tokenVersionOf(app.tokens)), (list) =>
    list?.map((session) => ({ ...session, ...hostile, device: { ...session.device, name: 'Berlin' } })),
  );
  const [row] = await screen.findAllByRole('button', { name: markup });
  const parts = row?.closest('li')?.querySelectorAll('.tss-parts bdi') ?? [];
  expect(Array.from(parts, ({ textContent }) => textContent)).toEqual(['Berlin', markup]);
  fireEvent.click(row!);
  expect(dialog().textContent).toContain(markup);
  expect(document.querySelector('img')).toBeNull();
  expect(report).not.toHaveBeenCalled();
  report.mockRestore();
});

test('texts of an earlier release, which has fewer, are completed in English', async () => {
  await using app = await startApp();
  const { signOutOf: _, ...labels } = { ...labelsEn, title: 'My devices' };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as an app in plain JavaScript may
  await show(app, { labels: labels as SessionsLabels });
  expect(screen.getByText('My devices')).toBeDefined();
  expect(isShown('Sign out Phone')).toBe(true);
});

test('an answer of the user is sent once, whatever an app’s mutations do by default', async () => {
  await using app = await startApp();
  await show(app);
  app.queryClient.setDefaultOptions({ mutations: { retry: 1, retryDelay: 1 } });
  app.trouble = 'INTERNAL_SERVER_ERROR';
  click('Desk');
  fireEvent.click(inDialog('Sign out this device'));
  const { length } = app.calls();
  fireEvent.click(inDialog('Sign out'));
  await screen.findByText('That did not work. Please try again.');
  expect(app.calls().slice(length)).toEqual(['auth.logout']);
});

describe('the details', () => {
  test('have the times, and close', async () => {
    await using app = await startApp();
    await show(app, { locale: 'en-GB' });
    click('Phone');
    const terms = [...dialog().querySelectorAll('dt')].map(({ textContent }) => textContent);
    expect(terms).toEqual(['Signed in', 'Last seen', 'Expires', 'Device']);
    expect(dialog().querySelector('dd')?.textContent).toBe('1 Jan 1970, 12:45');
    click('Close');
    expect(screen.queryByRole('dialog')).toBeNull();
    click('Phone');
    fireEvent.pointerDown(screen.getByText('Last seen', { selector: 'dt' }));
    fireEvent.click(dialog());
    expect(dialog()).toBeDefined();
    pressBackdrop();
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  test('name the session, and cannot be closed meanwhile', async () => {
    await using app = await startApp();
    await show(app);
    click('Phone');
    fireEvent.change(screen.getByLabelText('Name'), { target: { value: ' My phone ' } });
    const release = app.holdAnswers();
    click('Save');
    await waitFor(() => expect(dialog().dataset['pending']).toBe('true'));
    click('Close');
    pressBackdrop();
    release();
    await screen.findByText('Saved.');
    expect(screen.getByRole('heading', { name: 'My phone' })).toBeDefined();
    click('Close');
    expect(isShown('My phone')).toBe(true);
  });

  test('say that naming has failed', async () => {
    await using app = await startApp();
    await show(app);
    click('Phone');
    app.trouble = 'broken connection';
    click('Save');
    await screen.findByText('That did not work. Please try again.');
  });
});

test('what one user was asked is not shown to the next', async () => {
  await using app = await startApp();
  await show(app);
  click('Sign out Phone');
  act(() => app.tokens.set(app.signIn('bob')));
  await screen.findByText('No other devices');
  expect(screen.queryByRole('dialog')).toBeNull();
  act(() => app.tokens.set('ada-1'));
  await screen.findByRole('button', { name: 'Phone' });
});

describe('"This wasn’t me"', () => {
  test('ends the session, and hands it over to the app', async () => {
    await using app = await startApp();
    const handedOver: SessionInfo[] = [];
    await show(app, { onNotMe: (session) => void handedOver.push(session) });
    click('Phone');
    click('This wasn’t me');
    app.trouble = 'broken connection';
    fireEvent.click(inDialog('This wasn’t me'));
    await screen.findByText('That did not work. Please try again.');
    expect(handedOver).toEqual([]);
    app.trouble = null;
    fireEvent.click(inDialog('This wasn’t me'));
    await gone('Phone');
    expect(handedOver.map(({ id }) => id)).toEqual(['ada-2']);
  });

  test('is offered only if the app has a function for it, and never for this device', async () => {
    await using app = await startApp();
    await show(app);
    click('Phone');
    expect(isShown('This wasn’t me')).toBe(false);
    cleanup();
    render(<Sessions onNotMe={() => {}} />, { wrapper: app.Providers });
    fireEvent.click(await screen.findByRole('button', { name: 'Desk' }));
    expect(isShown('This wasn’t me')).toBe(false);
  });
});

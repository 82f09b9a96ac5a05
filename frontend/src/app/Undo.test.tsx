// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { IntlProvider } from 'react-intl';
import { afterEach, expect, it, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { SyncProvider } from '../api/hooks.ts';
import { loadMessages } from '../i18n/index.ts';
import type { Sync } from '../sync/sync.ts';
import { Undo } from './Undo.tsx';

const messages = await loadMessages('en');

/** Shows the toast of a change of the deal d. */
function showToast() {
  const records = new Map<string, unknown>([['d', {}]]);
  const undoable = [{ commandId: 'c', label: 'Harbour Yards moved', at: 5, changed: ['d'] }];
  const store = createStore(() => ({
    records,
    revisions: {},
    pending: [] as unknown[],
    undoable,
    live: 'live',
    keepsUnsent: true,
  }));
  const undo = vi.fn();
  render(
    <IntlProvider locale="en" messages={messages}>
      <SyncProvider value={{ store, undo } as unknown as Sync}>
        <Undo />
      </SyncProvider>
    </IntlProvider>,
  );
  return { store, records, undo };
}

const shown = () => screen.queryByText('Harbour Yards moved', { exact: false }) !== null;
const refusal = (givenAt: number, id: string) => ({ state: 'refused', givenAt, args: { id } });

afterEach(cleanup);

it('goes when its record is out of sight; Ctrl+Z still answers', () => {
  const { store, records, undo } = showToast();
  expect(shown()).toBe(true);
  records.delete('d');
  act(() => store.setState({ revisions: { deal: 1 } }));
  expect(shown()).toBe(false);
  fireEvent.keyDown(document.body, { code: 'KeyZ', ctrlKey: true });
  expect(undo).toHaveBeenCalledOnce();
});

it.each([
  ['goes when a newer change of its record was refused', refusal(6, 'd'), false],
  ['stays beside an older refusal', refusal(4, 'd'), true],
  ['stays beside a refusal about another record', refusal(6, 'e'), true],
  ['stays while a newer change waits', { ...refusal(6, 'd'), state: 'waiting' }, true],
])('%s', (_name, command, stays) => {
  const { store } = showToast();
  act(() => store.setState({ pending: [command] }));
  expect(shown()).toBe(stays);
});

it.each([
  ['says offline that what waits is kept and will be sent', 'c', 'waiting', 'offline', true],
  ['says so only while there is no connection', 'c', 'waiting', 'live', false],
  ['does not say so of what has arrived', 'c', 'done', 'offline', false],
  ['does not say so when another change waits', 'e', 'waiting', 'offline', false],
])('%s', (_name, commandId, state, live, says) => {
  const { store } = showToast();
  act(() => store.setState({ live, pending: [{ commandId, state, args: {}, givenAt: 5 }] }));
  expect(shown()).toBe(true);
  expect(screen.queryByText('Kept here; it is sent as soon as there is a connection.') !== null).toBe(says);
});

it('[M4] says offline that what waits is not kept, where the browser keeps nothing', () => {
  const { store } = showToast();
  const pending = [{ commandId: 'c', state: 'waiting', args: {}, givenAt: 5 }];
  act(() => store.setState({ live: 'offline', pending, keepsUnsent: false }));
  expect(screen.getByText(/^Not sent yet, and this browser keeps nothing/)).toBeTruthy();
  expect(screen.queryByText(/^Kept here/)).toBeNull();
});

// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { IntlProvider } from 'react-intl';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { loadMessages } from '../i18n/index.ts';
import { UndoToast } from './UndoToast.tsx';

const messages = await loadMessages('en');
const onUndo = vi.fn();

function show(offer: { key: string; words: string } | undefined) {
  const toast = (
    <IntlProvider locale="en" messages={messages}>
      <input aria-label="note" />
      <UndoToast offer={offer} onUndo={onUndo} />
    </IntlProvider>
  );
  return render(toast);
}

const undoButton = () => screen.queryByRole('button', { name: /Undo/ });
const pass = (ms: number) => act(() => vi.advanceTimersByTime(ms));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  cleanup();
  onUndo.mockClear();
  vi.useRealTimers();
});

it('offers the way back for ten seconds', () => {
  show({ key: '1', words: 'Harbour Yards moved' });
  pass(9_900);
  expect(undoButton()).not.toBeNull();
  pass(200);
  expect(undoButton()).toBeNull();
});

it('stays while the focus is on it', () => {
  show({ key: '1', words: 'Harbour Yards moved' });
  fireEvent.keyDown(window, { key: 'F6' });
  expect(document.activeElement).toBe(undoButton());
  pass(60_000);
  expect(undoButton()).not.toBeNull();
});

it('stays while the pointer is on it', () => {
  show({ key: '1', words: 'Harbour Yards moved' });
  fireEvent.pointerEnter(screen.getByText('Harbour Yards moved').parentElement ?? document.body);
  pass(60_000);
  expect(undoButton()).not.toBeNull();
});

it.each([
  ['undoes on Ctrl+Z', { code: 'KeyZ', ctrlKey: true }, 1],
  ['undoes on Ctrl+Z of a Russian keyboard', { code: 'KeyZ', key: 'я', ctrlKey: true }, 1],
  ['leaves Ctrl+Shift+Z alone', { code: 'KeyZ', ctrlKey: true, shiftKey: true }, 0],
  ['leaves a plain Z alone', { code: 'KeyZ' }, 0],
])('%s', (_name, press, times) => {
  show({ key: '1', words: 'Harbour Yards moved' });
  fireEvent.keyDown(document.body, press);
  expect(onUndo).toHaveBeenCalledTimes(times);
});

it('undoes on Ctrl+Z also after it went away', () => {
  show({ key: '1', words: 'Harbour Yards moved' });
  pass(20_000);
  fireEvent.keyDown(document.body, { code: 'KeyZ', ctrlKey: true });
  expect(onUndo).toHaveBeenCalledOnce();
});

it('leaves Ctrl+Z to a text that is being written', () => {
  show({ key: '1', words: 'Harbour Yards moved' });
  fireEvent.keyDown(screen.getByLabelText('note'), { code: 'KeyZ', ctrlKey: true });
  expect(onUndo).not.toHaveBeenCalled();
});

// @vitest-environment happy-dom
import { MantineProvider } from '@mantine/core';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { IntlProvider } from 'react-intl';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { SyncProvider } from '../api/hooks.ts';
import { loadMessages } from '../i18n/index.ts';
import type { CrmRecord } from '../sync/record.ts';
import type { Sync } from '../sync/sync.ts';
import type { PendingCommand } from '../sync/types.ts';
import { Refusals } from './Refusals.tsx';

const messages = await loadMessages('en');
const dismiss = vi.fn();

const record = (type: string, id: string, fields: Record<string, unknown>): CrmRecord => ({
  type,
  id,
  version: 1,
  fields,
  masked: [],
});
const stages = [
  { id: 's1', name: 'Won' },
  { id: 's2', name: 'Lost' },
];
const records = new Map(
  [
    record('user', 'me', { name: 'Ana Ferrer' }),
    record('user', 'paul', { name: 'Paul Weber' }),
    record('deal', 'd', { title: 'Refit of the ferry line' }),
    record('pipeline', 'p', { stages }),
  ].map((each) => [each.id, each]),
);

function refusedUndo(by: string): PendingCommand {
  return {
    commandId: 'c1',
    userId: 'me',
    name: 'undo',
    args: { offset: 7 },
    effects: [],
    label: '',
    undoes: '→ Won',
    givenAt: 0,
    state: 'refused',
    wanted: {},
    problem: {
      type: 'about:blank',
      title: '',
      status: 409,
      code: 'conflict',
      reason: 'conflict',
      fields: { stageId: 'changed_meanwhile' },
      params: { by },
      current: { t: 'deal', id: 'd', v: 3, f: { title: 'Refit of the ferry line', stageId: 's2' } },
    },
  };
}

function page(command: PendingCommand) {
  const store = createStore(() => ({ userId: 'me', records, revisions: {}, pending: [command], schema: {} }));
  const recordsOf = (type: string) => [...records.values()].filter((each) => each.type === type);
  const sync = { store, dismiss, recordsOf } as unknown as Sync;
  return (place: string) => (
    <MantineProvider>
      <IntlProvider locale="en" messages={messages}>
        <SyncProvider value={sync}>
          <Refusals place={place} />
        </SyncProvider>
      </IntlProvider>
    </MantineProvider>
  );
}

beforeEach(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
});
afterEach(() => {
  cleanup();
  dismiss.mockClear();
  vi.unstubAllGlobals();
});

it.each([
  ['somebody else', 'paul', 'Changed meanwhile by Paul Weber.'],
  ['a hidden person', 'nobody-known', 'Changed meanwhile by somebody.'],
  ['oneself', 'me', 'You have changed this yourself since.'],
])('a refused undo says which change, and what %s made of it', (_name, by, sentence) => {
  render(page(refusedUndo(by))('/boards/b'));
  expect(screen.getByText('Could not be undone: → Won, Refit of the ferry line')).toBeTruthy();
  expect(screen.getByText(sentence)).toBeTruthy();
  expect(screen.getByText('Stage')).toBeTruthy();
  expect(screen.getByText('Lost')).toBeTruthy();
});

it('a refused undo goes when it is read, and when the person leaves the place', () => {
  const at = page(refusedUndo('paul'));
  const { rerender } = render(at('/boards/b'));
  fireEvent.click(screen.getByRole('button', { name: 'Understood' }));
  expect(dismiss).toHaveBeenCalledExactlyOnceWith('c1');
  rerender(at('/boards/b'));
  expect(dismiss).toHaveBeenCalledTimes(1);
  rerender(at('/customers'));
  expect(dismiss).toHaveBeenCalledTimes(2);
});

it('any other refusal stays when the person leaves the place: what was typed is in it', () => {
  const at = page({ ...refusedUndo('paul'), name: 'record.edit', args: { id: 'd' }, label: 'Title changed' });
  const { rerender } = render(at('/boards/b'));
  rerender(at('/customers'));
  expect(dismiss).not.toHaveBeenCalled();
  expect(screen.getByText('Could not be done: Title changed')).toBeTruthy();
});

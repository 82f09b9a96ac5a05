// @vitest-environment happy-dom
import { MantineProvider } from '@mantine/core';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { IntlProvider } from 'react-intl';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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

describe('[M5] what was refused long after it was done', () => {
  const waited = (command: Partial<PendingCommand>): PendingCommand => ({
    commandId: 'c1',
    userId: 'me',
    name: 'record.edit',
    args: { id: 'gone' },
    type: 'deal',
    effects: [],
    label: 'Ferry line: Next step changed',
    givenAt: 0,
    state: 'refused',
    wanted: { nextStep: 'Ask the harbour master' },
    ...command,
  });
  const problem = (code: string, reason: string, fields?: Record<string, string>) => ({
    problem: { type: 'about:blank', title: '', status: 400, code, reason, ...(fields && { fields }) },
  });

  it.each<[string, PendingCommand, string[]]>([
    [
      'the right is gone',
      waited({ ...problem('forbidden', 'forbidden'), args: { id: 'd' } }),
      ['Ferry line: Next step changed', 'You may not do this.', 'Next step', 'Ask the harbour master'],
    ],
    [
      'the record was deleted, or is not shared any more',
      waited(problem('not_found', 'not_found')),
      ['Ferry line: Next step changed', 'This is not here any more', 'Next step', 'Ask the harbour master'],
    ],
    [
      'the stage is gone',
      waited({
        ...problem('invalid', 'invalid', { stageId: 'unknown_stage' }),
        name: 'deal.move',
        args: { id: 'd', stageId: 's9' },
        label: 'Ferry line moved to Offer',
        wanted: { stageId: 's9', lostReason: 'too dear' },
      }),
      ['Ferry line moved to Offer', 'There is no such stage.', 'too dear'],
    ],
    [
      'the record of a comment was deleted',
      waited({
        ...problem('not_found', 'not_found'),
        name: 'comment.add',
        args: { id: 'k', recordId: 'gone', text: 'They sign.' },
        effects: [{ do: 'create', record: record('comment', 'k', { text: 'They sign.' }) }],
        label: 'Comment on Ferry line added',
        wanted: { text: 'They sign.' },
      }),
      ['Comment on Ferry line added', 'This is not here any more', 'Comment', 'They sign.'],
    ],
    [
      'a new record could not be made',
      waited({
        ...problem('invalid', 'invalid', { 'fields.berth': 'unknown_field', stageId: 'unknown_stage' }),
        name: 'record.create',
        args: { id: 'n', type: 'deal' },
        label: 'Ferry line added',
        wanted: { title: 'Ferry line', stageId: 's9', fields: { berth: 'Pier 4' } },
      }),
      ['Ferry line added', 'There is no such field.', 'There is no such stage.', 'Title', 'Pier 4'],
    ],
  ])('%s: what was not done, why, and the words to copy', (_name, command, sentences) => {
    render(page(command)('/boards/b'));
    const shown = screen.getByRole('alert').textContent ?? '';
    for (const sentence of sentences) expect(shown).toContain(sentence);
    expect(shown).not.toContain('now:'); // nobody knows what stands there
  });
});

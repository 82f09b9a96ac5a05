// @vitest-environment happy-dom
import { MantineProvider } from '@mantine/core';
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { IntlProvider } from 'react-intl';
import { afterEach, expect, it, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { SyncProvider } from '../../api/hooks.ts';
import { loadMessages } from '../../i18n/index.ts';
import type { Sync } from '../../sync/sync.ts';
import type { CommandOutcome } from '../../sync/types.ts';
import { NewRecord } from './NewRecord.tsx';

const messages = await loadMessages('en');
let people = 0;

/** The form of a person who has not written anything yet; `kind` is that of the name's field. */
function newcomer({ kind = 'text', answer = { ok: true } as unknown } = {}) {
  const run = vi.fn(async () => (await answer) as CommandOutcome);
  const schema = { customer: [{ key: 'name', kind, group: 'base' }] };
  const store = createStore(() => ({ userId: `person ${people++}`, records: new Map(), revisions: {}, schema }));
  const sync = { store, run, recordsOf: () => [] } as unknown as Sync;
  const onCreated = vi.fn();
  const onClose = vi.fn(() => cleanup());
  const open = () =>
    render(
      <IntlProvider locale="en" messages={messages}>
        <MantineProvider env="test">
          <SyncProvider value={sync}>
            <NewRecord type="customer" onClose={onClose} onCreated={onCreated} />
          </SyncProvider>
        </MantineProvider>
      </IntlProvider>,
    );
  open();
  return { run, open, onClose, onCreated };
}

const input = () => screen.getByRole('textbox') as HTMLInputElement;
const type = (value: string) => fireEvent.change(input(), { target: { value } });
const submit = () => {
  const { form } = input();
  if (form) fireEvent.submit(form);
};
const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }));
const pressEscape = () => fireEvent.keyDown(input(), { key: 'Escape' });

afterEach(cleanup);

it('creates nothing from a text that cannot be read', async () => {
  // Whatever its kind, a field that cannot be read is not sent.
  const { run } = newcomer({ kind: 'number' });
  type('1e5');
  submit();
  expect(run).not.toHaveBeenCalled();
  expect(input().value).toBe('1e5');
  type('12.5');
  submit();
  expect(run).toHaveBeenCalledOnce();
});

it('keeps what was typed when Escape closes it, and says so', () => {
  const { open, onClose } = newcomer();
  type('Nordwind Bakery');
  expect(screen.queryByText(/kept here/)).toBeNull();
  pressEscape();
  expect(onClose).toHaveBeenCalledOnce();
  open();
  expect(input().value).toBe('Nordwind Bakery');
  expect(screen.queryByText(/kept here/)).not.toBeNull();
});

it('begins anew after it was discarded', () => {
  const { open } = newcomer();
  type('Nordwind Bakery');
  press('Discard');
  open();
  expect(input().value).toBe('');
});

it('begins anew after the customer was created', async () => {
  const { open, onCreated } = newcomer();
  type('Nordwind Bakery');
  submit();
  await waitFor(() => expect(onCreated).toHaveBeenCalledOnce());
  open();
  expect(input().value).toBe('');
});

it('closed while its customer waits to be sent, it begins anew; a refusal brings the text back', async () => {
  let refuse = (_: unknown) => {};
  const { open, onCreated } = newcomer({ answer: new Promise((resolve) => (refuse = resolve)) });
  type('Nordwind Bakery');
  submit();
  pressEscape();
  open();
  expect(input().value).toBe('');
  refuse({ ok: false, problem: { code: 'forbidden', reason: 'forbidden' } });
  await waitFor(() => expect(input().value).toBe('Nordwind Bakery'));
  expect(onCreated).not.toHaveBeenCalled();
});

it('an answer that comes late neither leads away nor takes what was begun since', async () => {
  let confirm = (_: unknown) => {};
  const { open, onCreated } = newcomer({ answer: new Promise((resolve) => (confirm = resolve)) });
  type('Nordwind Bakery');
  submit();
  pressEscape();
  open();
  type('Südwind Bakery');
  await act(async () => {
    confirm({ ok: true });
    await new Promise((resolve) => setImmediate(resolve)); // all that follows at once has followed
  });
  expect(input().value).toBe('Südwind Bakery');
  expect(onCreated).not.toHaveBeenCalled();
});

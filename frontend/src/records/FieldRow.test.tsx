// @vitest-environment happy-dom
import { MantineProvider } from '@mantine/core';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { IntlProvider } from 'react-intl';
import { afterEach, expect, it, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { type CrmRecord, SyncProvider } from '../api/hooks.ts';
import type { FieldInfo } from '../api/wire.ts';
import { loadMessages } from '../i18n/index.ts';
import type { Sync } from '../sync/sync.ts';
import { FieldRow } from './FieldRow.tsx';

const deal = {
  id: 'd',
  type: 'deal',
  version: 3,
  fields: { amount: { amount: 500, currency: 'EUR' } },
  masked: [],
} as unknown as CrmRecord;

afterEach(cleanup);

it.each([
  ['money', '1e5', 'This is not an amount yet', '12k', { amount: 1_200_000, currency: 'EUR' }],
  ['number', '(500)', 'This is not a number yet', '12.5', 12.5],
])('of %s refuses %s with a sentence, keeps it, and saves what can be read', async (kind, wrong, words, right, want) => {
  const run = vi.fn(async (_request: unknown) => ({ ok: true }));
  const store = createStore(() => ({ userId: `ana-${kind}`, records: new Map(), revisions: {} }));
  const sync = { store, run, recordsOf: () => [] } as unknown as Sync;
  const field = { key: 'amount', kind, group: 'money' } as FieldInfo;
  render(
    <IntlProvider locale="en" messages={await loadMessages('en')}>
      <MantineProvider env="test">
        <SyncProvider value={sync}>
          <FieldRow record={deal} field={field} mayEdit visibleTo="" />
        </SyncProvider>
      </MantineProvider>
    </IntlProvider>,
  );
  fireEvent.click(screen.getByRole('button'));
  const input = screen.getByRole('textbox') as HTMLInputElement;
  const type = (text: string) => {
    fireEvent.change(input, { target: { value: '' } });
    for (const letter of text) fireEvent.change(input, { target: { value: input.value + letter } });
  };
  type(wrong);
  fireEvent.keyDown(input, { key: 'Enter' });
  fireEvent.blur(input);
  fireEvent.click(screen.getByText('Save'));
  expect(run).not.toHaveBeenCalled();
  expect(input.value).toBe(wrong);
  expect(screen.getByText(words)).toBeDefined();
  expect(document.activeElement).toBe(input);
  type(right);
  fireEvent.keyDown(input, { key: 'Enter' });
  expect(run.mock.calls[0]?.[0]).toMatchObject({ args: { values: { amount: want } } });
});

it('after a conflict shows what others wrote only while it is shared with the person', async () => {
  const theirs = { amount: { amount: 77_700, currency: 'EUR' }, updatedBy: 'ben' };
  const problem = {
    status: 409,
    code: 'conflict',
    reason: 'conflict',
    params: { by: 'ben' },
    current: { id: 'd', t: 'deal', v: 4, f: theirs },
  };
  const run = vi.fn(async (_request: unknown) => ({ ok: false, problem }));
  const ben = { id: 'ben', type: 'user', version: 1, fields: { name: 'Ben Okafor' }, masked: [] };
  const store = createStore(() => ({ userId: 'ana-conflict', records: new Map([['ben', ben]]), revisions: {} }));
  const messages = await loadMessages('en');
  const page = (record: CrmRecord) => (
    <IntlProvider locale="en" messages={messages}>
      <MantineProvider env="test">
        <SyncProvider value={{ store, run, recordsOf: () => [] } as unknown as Sync}>
          <FieldRow record={record} field={{ key: 'amount', kind: 'money', group: 'money' } as FieldInfo} mayEdit visibleTo="" />
        </SyncProvider>
      </MantineProvider>
    </IntlProvider>
  );
  const { rerender } = render(page(deal));
  fireEvent.click(screen.getByRole('button'));
  fireEvent.change(screen.getByRole('textbox'), { target: { value: '900' } });
  fireEvent.keyDown(screen.getByRole('textbox'), { key: 'Enter' });
  expect((await screen.findByRole('alert')).textContent).toMatch(/Ben Okafor.*777/);
  rerender(page({ ...deal, fields: {}, masked: ['money'] }));
  expect(screen.getByRole('alert').textContent).toMatch(/not shared with you/i);
  expect(document.body.textContent).not.toContain('777');
});

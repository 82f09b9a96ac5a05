// @vitest-environment happy-dom
import { MantineProvider } from '@mantine/core';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { IntlProvider } from 'react-intl';
import { afterEach, expect, it, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { SyncProvider } from '../../api/hooks.ts';
import { loadMessages } from '../../i18n/index.ts';
import type { Sync } from '../../sync/sync.ts';
import { NewRecord } from './NewRecord.tsx';

afterEach(cleanup);

it('creates nothing from a text that cannot be read', async () => {
  const run = vi.fn(async () => ({ ok: true }));
  // Whatever its kind, a field that cannot be read is not sent.
  const schema = { customer: [{ key: 'name', kind: 'number', group: 'base' }] };
  const store = createStore(() => ({ userId: 'ana', records: new Map(), revisions: {}, schema }));
  const sync = { store, run, recordsOf: () => [] } as unknown as Sync;
  render(
    <IntlProvider locale="en" messages={await loadMessages('en')}>
      <MantineProvider env="test">
        <SyncProvider value={sync}>
          <NewRecord type="customer" onClose={() => {}} onCreated={() => {}} />
        </SyncProvider>
      </MantineProvider>
    </IntlProvider>,
  );
  const input = screen.getByRole('textbox') as HTMLInputElement;
  const submit = () => input.form && fireEvent.submit(input.form);
  fireEvent.change(input, { target: { value: '1e5' } });
  submit();
  expect(run).not.toHaveBeenCalled();
  expect(input.value).toBe('1e5');
  fireEvent.change(input, { target: { value: '12.5' } });
  submit();
  expect(run).toHaveBeenCalledOnce();
});

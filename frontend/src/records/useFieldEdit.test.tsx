// @vitest-environment happy-dom
import { act, cleanup, renderHook } from '@testing-library/react';
import type { ReactNode } from 'react';
import { IntlProvider } from 'react-intl';
import { afterEach, expect, it, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { type CrmRecord, SyncProvider } from '../api/hooks.ts';
import type { FieldInfo } from '../api/wire.ts';
import { loadMessages } from '../i18n/index.ts';
import type { Sync } from '../sync/sync.ts';
import { useFieldEdit } from './useFieldEdit.ts';

const before = { amount: 500, currency: 'EUR' };
const deal = { id: 'd', type: 'deal', version: 3, fields: { title: 'Acme', amount: before }, masked: [] } as unknown as CrmRecord;
const amount = { key: 'amount', kind: 'money', group: 'money' } as FieldInfo;

afterEach(cleanup);

it('does not save a text that cannot be read, and keeps it', async () => {
  const run = vi.fn(async () => ({ ok: true }));
  const sync = { run, store: createStore(() => ({ userId: 'ana' })) } as unknown as Sync;
  const messages = await loadMessages('en');
  const wrapper = ({ children }: { children: ReactNode }) => (
    <IntlProvider locale="en" messages={messages}>
      <SyncProvider value={sync}>{children}</SyncProvider>
    </IntlProvider>
  );
  const { result } = renderHook(() => useFieldEdit(deal, amount), { wrapper });
  act(() => result.current.begin());
  act(() => result.current.write({ unreadable: '1e5', currency: 'EUR' }));
  act(() => result.current.save());
  act(() => result.current.insist());
  expect(run).not.toHaveBeenCalled();
  expect(result.current.draft?.value).toEqual({ unreadable: '1e5', currency: 'EUR' });
  act(() => result.current.write({ amount: 1200, currency: 'EUR' }));
  await act(async () => result.current.save());
  expect(run).toHaveBeenCalledOnce();
});

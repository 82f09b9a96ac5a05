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

const edited = async (run: () => Promise<unknown>) => {
  const sync = { run, store: createStore(() => ({ userId: 'ana' })) } as unknown as Sync;
  const messages = await loadMessages('en');
  const wrapper = ({ children }: { children: ReactNode }) => (
    <IntlProvider locale="en" messages={messages}>
      <SyncProvider value={sync}>{children}</SyncProvider>
    </IntlProvider>
  );
  return () => renderHook(() => useFieldEdit(deal, amount), { wrapper });
};

it('does not save a text that cannot be read, and keeps it', async () => {
  const run = vi.fn(async () => ({ ok: true }));
  const { result } = (await edited(run))();
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

it('[M5] says why it was refused also when its screen was made anew meanwhile, and keeps nothing else of the record', async () => {
  const problem = {
    status: 409,
    code: 'conflict',
    reason: 'conflict',
    current: { id: 'd', t: 'deal', v: 4, f: { title: 'B', amount: before } },
  };
  const show = await edited(async () => ({ ok: false, problem }));
  const first = show();
  act(() => first.result.current.begin());
  act(() => first.result.current.write({ amount: 1200, currency: 'EUR' }));
  await act(async () => first.result.current.save());
  first.unmount();
  const { result } = show();
  expect(result.current.draft?.value).toEqual({ amount: 1200, currency: 'EUR' });
  expect(result.current.problem).toEqual({ ...problem, current: { ...problem.current, f: { amount: before } } });
  act(() => result.current.drop());
  expect(result.current.problem).toBeUndefined();
});

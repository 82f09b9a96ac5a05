// @vitest-environment happy-dom
import { act, cleanup, renderHook } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, expect, it } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { type BoardState, type CrmRecord, SyncProvider } from '../../api/hooks.ts';
import type { Sync } from '../../sync/sync.ts';
import { useBoardModel } from './useBoard.ts';

const record = (type: string, id: string, fields: object) =>
  ({ id, type, version: 1, fields, masked: [] }) as unknown as CrmRecord;
const board: BoardState = {
  status: 'ready',
  board: undefined,
  pipeline: record('pipeline', 'p', { stages: [{ id: 's', name: 'New' }] }),
  deals: [record('deal', 'd', { title: 'Racks', stageId: 's', customerId: 'c', order: 'a' })],
  reload: () => {},
};

afterEach(cleanup);

it('a filtered board follows the names it is filtered by', () => {
  const records = new Map([['c', record('customer', 'c', { name: 'Acme' })]]);
  const store = createStore(() => ({ records, revisions: { customer: 1 } }));
  const sync = { store, recordsOf: () => [] } as unknown as Sync;
  const wrapper = ({ children }: { children: ReactNode }) => <SyncProvider value={sync}>{children}</SyncProvider>;
  const { result } = renderHook(() => useBoardModel(board, 'nord'), { wrapper });
  expect(result.current.shown.get('s')).toHaveLength(0);
  act(() => {
    records.set('c', record('customer', 'c', { name: 'Nordwind' }));
    store.setState({ revisions: { customer: 2 } });
  });
  expect(result.current.shown.get('s')).toHaveLength(1);
});

// @vitest-environment happy-dom
import { act, renderHook } from '@testing-library/react';
import type { ReactNode } from 'react';
import { beforeEach, expect, it, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import type { Sync } from '../sync/sync.ts';

/** The hook as it is after a page was loaded: the tab's storage stays, the module's memory is new. */
async function load(userId = 'ana') {
  vi.resetModules();
  const hooks = await import('../api/hooks.ts');
  const { useDraft, forgetDrafts } = await import('./drafts.ts');
  const sync = { store: createStore(() => ({ userId })) } as unknown as Sync;
  const wrapper = ({ children }: { children: ReactNode }) => <hooks.SyncProvider value={sync}>{children}</hooks.SyncProvider>;
  const { result } = renderHook(() => useDraft('deal', 'notes'), { wrapper });
  return {
    draft: () => result.current[0],
    write: (value: string) => act(() => result.current[1]({ value, basedOn: 3, before: '' })),
    forgetDrafts,
  };
}

beforeEach(() => sessionStorage.clear());

it('what was written is there after a reload', async () => {
  (await load()).write('half a sen');
  expect((await load()).draft()).toEqual({ value: 'half a sen', basedOn: 3, before: '' });
});

it('nobody else finds it', async () => {
  (await load()).write('half a sen');
  expect((await load('paul')).draft()).toBeUndefined();
});

it('it ends with the session', async () => {
  const page = await load();
  page.write('half a sen');
  act(() => page.forgetDrafts());
  expect(page.draft()).toBeUndefined();
  expect((await load()).draft()).toBeUndefined();
});

it('a browser without storage keeps it as long as the page lives', async () => {
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new Error('full');
  });
  const page = await load();
  page.write('half a sen');
  expect(page.draft()?.value).toBe('half a sen');
});

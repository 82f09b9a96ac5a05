// @vitest-environment happy-dom
import { act, cleanup, renderHook } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import type { SyncProvider } from '../api/hooks.ts';
import type { Sync } from '../sync/sync.ts';

/** A page load: the module, and with it the memory, begins anew; what the browser keeps stays. */
async function pageOf(userId: string) {
  vi.resetModules();
  const { SyncProvider: Provider } = (await import('../api/hooks.ts')) as { SyncProvider: typeof SyncProvider };
  const drafts = await import('./drafts.ts');
  const sync = { store: createStore(() => ({ userId })) } as unknown as Sync;
  const wrapper = ({ children }: { children: ReactNode }) => <Provider value={sync}>{children}</Provider>;
  return { drafts, wrapper };
}

const draft = { value: 'Chat', before: 'Talk', basedOn: 3 };

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  sessionStorage.clear();
});

describe('a draft', () => {
  it('is there after a reload', async () => {
    const before = await pageOf('ana');
    const written = renderHook(() => before.drafts.useDraft('d', 'notes'), { wrapper: before.wrapper });
    act(() => written.result.current[1](draft));
    const after = await pageOf('ana');
    const read = renderHook(() => after.drafts.useDraft('d', 'notes'), { wrapper: after.wrapper });
    expect(read.result.current[0]).toEqual(draft);
  });

  it('[M8] is nobody else’s, and gone from the browser after signing out', async () => {
    const ana = await pageOf('ana');
    const hook = renderHook(() => ana.drafts.useDraft('p', 'pipeline'), { wrapper: ana.wrapper });
    act(() => hook.result.current[1](draft));
    const ben = await pageOf('ben');
    expect(renderHook(() => ben.drafts.useDrafts('pipeline'), { wrapper: ben.wrapper }).result.current[0].size).toBe(0);
    ben.drafts.forgetStoredDrafts();
    expect(sessionStorage.length).toBe(0);
  });

  it('that is dropped is dropped for good, and lists tell', async () => {
    const page = await pageOf('ana');
    const list = renderHook(() => page.drafts.useDrafts('pipeline'), { wrapper: page.wrapper });
    act(() => list.result.current[1]('p', draft));
    expect([...list.result.current[0].keys()]).toEqual(['p']);
    const one = renderHook(() => page.drafts.useDraft('p', 'pipeline'), { wrapper: page.wrapper });
    act(() => one.result.current[1]((now) => now && { ...now, value: 'Call' }));
    expect(one.result.current[0]?.value).toBe('Call');
    act(() => one.result.current[1](undefined));
    expect(list.result.current[0].size).toBe(0);
    expect(sessionStorage.length).toBe(0);
  });

  it('lives as long as its page where the browser keeps nothing', async () => {
    vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new Error('full');
    });
    const page = await pageOf('ana');
    const hook = renderHook(() => page.drafts.useDraft('d', 'notes'), { wrapper: page.wrapper });
    act(() => hook.result.current[1](draft));
    expect(hook.result.current[0]).toEqual(draft);
  });
});

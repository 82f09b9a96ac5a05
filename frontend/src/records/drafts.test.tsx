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
  sessionStorage.clear();
});

describe('a draft', () => {
  it.each<['memory' | 'tab', boolean]>([
    ['memory', false],
    ['tab', true],
  ])('that is kept in the %s is there after a reload: %s', async (keeping, there) => {
    const before = await pageOf('ana');
    const written = renderHook(() => before.drafts.useDraft('p', 'pipeline', keeping), { wrapper: before.wrapper });
    act(() => written.result.current[1](draft));
    expect(written.result.current[0]).toEqual(draft);
    const after = await pageOf('ana');
    const read = renderHook(() => after.drafts.useDraft('p', 'pipeline', keeping), { wrapper: after.wrapper });
    expect(read.result.current[0]).toEqual(there ? draft : undefined);
  });

  it('is nobody else’s, and gone from the browser after signing out', async () => {
    const ana = await pageOf('ana');
    const hook = renderHook(() => ana.drafts.useDraft('p', 'pipeline', 'tab'), { wrapper: ana.wrapper });
    act(() => hook.result.current[1](draft));
    const ben = await pageOf('ben');
    expect(renderHook(() => ben.drafts.useDrafts('pipeline', 'tab'), { wrapper: ben.wrapper }).result.current[0].size).toBe(0);
    ben.drafts.forgetStoredDrafts();
    expect(sessionStorage.length).toBe(0);
  });

  it('that is dropped is dropped for good, and lists tell', async () => {
    const page = await pageOf('ana');
    const list = renderHook(() => page.drafts.useDrafts('pipeline', 'tab'), { wrapper: page.wrapper });
    act(() => list.result.current[1]('p', draft));
    expect([...list.result.current[0].keys()]).toEqual(['p']);
    const one = renderHook(() => page.drafts.useDraft('p', 'pipeline', 'tab'), { wrapper: page.wrapper });
    act(() => one.result.current[1]((now) => now && { ...now, value: 'Call' }));
    expect(one.result.current[0]?.value).toBe('Call');
    act(() => one.result.current[1](undefined));
    expect(list.result.current[0].size).toBe(0);
    expect(sessionStorage.length).toBe(0);
  });
});

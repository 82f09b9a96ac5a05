// @vitest-environment happy-dom
import { act, cleanup, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FieldSources, type Named, type RecordSources } from './sources.ts';
import { useFound } from './useFound.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

/** A field in which words are typed, over a server that answers when the test does. */
function field() {
  const asked: { words: string; signal: AbortSignal; answer(found: readonly Named[]): void }[] = [];
  const sources: RecordSources = {
    currency: 'EUR',
    people: [],
    departments: [],
    nameOf: () => '',
    search: (_type, words, signal) => new Promise((answer) => asked.push({ words, signal, answer })),
  };
  const { result, rerender, unmount } = renderHook(({ words }) => useFound('customer', words), {
    initialProps: { words: 'n' },
    wrapper: ({ children }) => <FieldSources.Provider value={sources}>{children}</FieldSources.Provider>,
  });
  const pause = () => act(() => vi.advanceTimersByTime(200));
  const type = (words: string) => rerender({ words });
  return { asked, type, pause, unmount, found: () => result.current.map(({ name }) => name) };
}

describe('[L7] a record that is searched for as one types', () => {
  it('ends the search before with the next letter, and shows nothing of it', async () => {
    const { asked, type, pause, found } = field();
    pause();
    type('no');
    expect(asked.map(({ words, signal }) => [words, signal.aborted])).toEqual([['n', true]]);
    pause();
    await act(async () => asked[1]?.answer([{ id: 'c', name: 'Nordhavn Foods' }]));
    await act(async () => asked[0]?.answer([{ id: 'x', name: 'Nine Elms' }]));
    expect(asked.map(({ words, signal }) => [words, signal.aborted])).toEqual([
      ['n', true],
      ['no', false],
    ]);
    expect(found()).toEqual(['Nordhavn Foods']);
  });

  it('ends its search when the field closes', () => {
    const { asked, pause, unmount } = field();
    pause();
    unmount();
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true]);
  });

  it('asks nothing while letters follow each other', () => {
    const { asked, type, pause } = field();
    for (const words of ['no', 'nor', 'nord']) type(words);
    pause();
    expect(asked.map(({ words }) => words)).toEqual(['nord']);
  });
});

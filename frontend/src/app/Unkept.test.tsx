// @vitest-environment happy-dom
import { act, cleanup, render, screen } from '@testing-library/react';
import { IntlProvider } from 'react-intl';
import { afterEach, describe, expect, it } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { SyncProvider } from '../api/hooks.ts';
import { languages, loadMessages } from '../i18n/index.ts';
import type { Sync } from '../sync/sync.ts';
import { Unkept } from './Unkept.tsx';

afterEach(cleanup);

async function show(state: { keepsUnsent: boolean; live: string; waiting: number }, language: (typeof languages)[number] = 'en') {
  const pending = Array.from({ length: state.waiting }, () => ({ state: 'waiting' }));
  const store = createStore(() => ({ ...state, pending }));
  render(
    <IntlProvider locale={language} messages={await loadMessages(language)}>
      <SyncProvider value={{ store } as unknown as Sync}>
        <Unkept />
      </SyncProvider>
    </IntlProvider>,
  );
  return store;
}

const said = () => screen.getByRole('status').textContent;
const asks = () => !window.dispatchEvent(new Event('beforeunload', { cancelable: true }));

describe('[M4] where the browser keeps nothing', () => {
  it.each([
    ['it is said without a connection, before anything waits', { keepsUnsent: false, live: 'offline', waiting: 0 }, true, false],
    ['leaving is asked about while something waits', { keepsUnsent: false, live: 'offline', waiting: 1 }, true, true],
    ['leaving is asked about also while it is being sent', { keepsUnsent: false, live: 'live', waiting: 1 }, false, true],
    ['nothing is said while all is sent', { keepsUnsent: false, live: 'live', waiting: 0 }, false, false],
    ['nothing is said where the browser keeps it', { keepsUnsent: true, live: 'offline', waiting: 1 }, false, false],
  ])('%s', async (_name, state, says, question) => {
    await show(state);
    expect(said() !== '').toBe(says);
    expect(asks()).toBe(question);
  });

  it.each(languages)('it is said in %s', async (language) => {
    await show({ keepsUnsent: false, live: 'offline', waiting: 1 }, language);
    expect(said()).toBe((await loadMessages(language))['app.unkept']);
  });

  it('the question ends when all is sent', async () => {
    const store = await show({ keepsUnsent: false, live: 'offline', waiting: 1 });
    act(() => store.setState({ pending: [], live: 'live' }));
    expect(asks()).toBe(false);
    expect(said()).toBe('');
  });
});

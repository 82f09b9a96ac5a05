// @vitest-environment happy-dom
import { cleanup, render, screen } from '@testing-library/react';
import { IntlProvider } from 'react-intl';
import { afterEach, expect, it } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { SyncProvider } from '../api/hooks.ts';
import { loadMessages } from '../i18n/index.ts';
import type { CrmRecord } from '../sync/record.ts';
import type { Sync } from '../sync/sync.ts';
import { HereNow } from './HereNow.tsx';

const messages = await loadMessages('en');

afterEach(cleanup);

it.each([
  ['nobody', 0, 0, undefined],
  ['two, one of them on two screens', 2, 0, undefined],
  ['seven', 7, 0, '+2'],
  ['more than the server names', 25, 974, '+994'],
])('%s: five faces, and how many more', (_name, named, beyond, more) => {
  const people = Array.from({ length: named }, (_, n) => ({ userId: `u${n}`, screen: `s${n}` }));
  const users = people.map(
    ({ userId }): CrmRecord => ({ type: 'user', id: userId, version: 1, fields: { name: userId }, masked: [] }),
  );
  const presence = [...people, ...people.slice(0, 1).map((one) => ({ ...one, screen: 'another' }))];
  const store = createStore(() => ({ presence, presenceMore: beyond, revisions: {}, schema: {} }));
  const sync = { store, recordsOf: () => users } as unknown as Sync;
  render(
    <IntlProvider locale="en" messages={messages}>
      <SyncProvider value={sync}>
        <HereNow />
      </SyncProvider>
    </IntlProvider>,
  );
  const here = screen.queryByTestId('here-now');
  expect(here?.querySelectorAll('[role="img"], [aria-label]').length ?? 0).toBe(Math.min(named, 5));
  expect(here?.querySelector('.num')?.textContent).toBe(more);
});

// @vitest-environment happy-dom
import { MantineProvider } from '@mantine/core';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { IntlProvider } from 'react-intl';
import { afterEach, expect, it, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { SyncProvider } from '../api/hooks.ts';
import { loadMessages } from '../i18n/index.ts';
import type { Sync } from '../sync/sync.ts';
import { Why } from './Why.tsx';

afterEach(cleanup);

it('brings its answer into view and reads it out', async () => {
  const into = vi.spyOn(HTMLElement.prototype, 'scrollIntoView').mockImplementation(() => {});
  const store = createStore(() => ({ userId: 'ana', records: new Map(), revisions: {} }));
  const sync = { store, recordsOf: () => [], client: { get: async () => ({ groups: [] }) } } as unknown as Sync;
  render(
    <IntlProvider locale="en" messages={await loadMessages('en')}>
      <MantineProvider>
        <SyncProvider value={sync}>
          <Why recordId="d" />
        </SyncProvider>
      </MantineProvider>
    </IntlProvider>,
  );
  const ask = screen.getByRole('button');
  fireEvent.click(ask);
  await vi.waitFor(() => expect(ask.getAttribute('aria-expanded')).toBe('true'));
  expect(into).toHaveBeenCalledWith({ block: 'nearest' });
  expect(document.activeElement?.className).toContain('box');
});

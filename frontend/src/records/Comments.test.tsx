// @vitest-environment happy-dom
import { MantineProvider } from '@mantine/core';
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { IntlProvider } from 'react-intl';
import { afterEach, expect, it } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { type CommandOutcome, type CrmRecord, SyncProvider } from '../api/hooks.ts';
import { loadMessages } from '../i18n/index.ts';
import type { Sync } from '../sync/sync.ts';
import { SaySomething } from './Comments.tsx';

const deal = { id: 'd', type: 'deal', version: 3, fields: { title: 'Ferry line' }, masked: [] } as unknown as CrmRecord;
const forbidden = { type: 'about:blank', title: '', status: 403, code: 'forbidden', reason: 'forbidden' };

// happy-dom knows no fonts; the input grows when they arrive.
Object.defineProperty(document, 'fonts', { value: new EventTarget() });
afterEach(cleanup);

it('[M5] a comment that is refused because the right has ended is back where it was written, and says why', async () => {
  let answer: (outcome: CommandOutcome) => void = () => {};
  const store = createStore(() => ({ userId: 'ana', records: new Map(), revisions: {} }));
  const run = () => new Promise<CommandOutcome>((resolve) => (answer = resolve));
  const messages = await loadMessages('en');
  const page = (may: readonly string[]) => (
    <IntlProvider locale="en" messages={messages}>
      <MantineProvider env="test">
        <SyncProvider value={{ store, run } as unknown as Sync}>
          <SaySomething record={deal} may={may} visibleTo="" />
        </SyncProvider>
      </MantineProvider>
    </IntlProvider>
  );
  const { rerender } = render(page(['comment']));
  fireEvent.change(screen.getByRole('textbox'), { target: { value: 'They sign.' } });
  fireEvent.click(screen.getByText('Send'));
  rerender(page([]));
  expect(screen.queryByRole('textbox')).toBeNull();
  await act(async () => answer({ ok: false, problem: forbidden }));
  expect((screen.getByRole('textbox') as HTMLTextAreaElement).value).toBe('They sign.');
  expect(screen.getByText('You may not do this.')).toBeTruthy();
});

it('[M5] a comment that is refused does not sweep away what was written since on a screen that was made anew', async () => {
  let answer: (outcome: CommandOutcome) => void = () => {};
  const store = createStore(() => ({ userId: 'ana', records: new Map(), revisions: {} }));
  const run = () => new Promise<CommandOutcome>((resolve) => (answer = resolve));
  const messages = await loadMessages('en');
  const page = (key: string) => (
    <IntlProvider locale="en" messages={messages}>
      <MantineProvider env="test">
        <SyncProvider value={{ store, run } as unknown as Sync}>
          <SaySomething key={key} record={{ ...deal, id: 'e' }} may={['comment']} visibleTo="" />
        </SyncProvider>
      </MantineProvider>
    </IntlProvider>
  );
  const { rerender } = render(page('before'));
  fireEvent.change(screen.getByRole('textbox'), { target: { value: 'They sign.' } });
  fireEvent.click(screen.getByText('Send'));
  rerender(page('anew'));
  fireEvent.change(screen.getByRole('textbox'), { target: { value: 'On Monday.' } });
  await act(async () => answer({ ok: false, problem: forbidden }));
  expect((screen.getByRole('textbox') as HTMLTextAreaElement).value).toBe('They sign.\nOn Monday.');
  expect(screen.getByText('You may not do this.')).toBeTruthy();
});

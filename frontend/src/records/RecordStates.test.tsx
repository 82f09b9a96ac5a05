// @vitest-environment happy-dom
import { MantineProvider } from '@mantine/core';
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { IntlProvider } from 'react-intl';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { type CommandOutcome, type RecordViewState, SyncProvider } from '../api/hooks.ts';
import { loadMessages } from '../i18n/index.ts';
import type { Sync } from '../sync/sync.ts';
import { RecordMissing } from './RecordStates.tsx';

const messages = await loadMessages('en');
const records = new Map([
  ['me', { id: 'me', type: 'user', version: 1, fields: { name: 'Ana Ferrer' }, masked: [] }],
  ['paul', { id: 'paul', type: 'user', version: 1, fields: { name: 'Paul Weber' }, masked: [] }],
]);
const run = vi.fn(async (): Promise<CommandOutcome> => ({ ok: true, result: {} as never }));

beforeEach(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
});
afterEach(() => {
  cleanup();
  run.mockClear();
  vi.unstubAllGlobals();
});

/** Where a deal was that went out of sight; `by` threw it away, if anybody did. */
function show({ by, may = ['edit', 'delete'] }: { by?: string; may?: string[] }) {
  const thrownAway = new Map(by ? [['d', { by, at: 0, command: 'record.trash' }]] : []);
  const store = createStore(() => ({ userId: 'me', records, revisions: {}, thrownAway }));
  const view: RecordViewState = { status: 'absent', record: undefined, may, reload() {} };
  render(
    <MantineProvider env="test">
      <IntlProvider locale="en" messages={messages}>
        <SyncProvider value={{ store, run } as unknown as Sync}>
          <RecordMissing view={view} recordId="d" onBack={() => {}} />
        </SyncProvider>
      </IntlProvider>
    </MantineProvider>,
  );
}
const said = () => screen.getByRole('alert').textContent;
const restore = () => screen.queryByRole('button', { name: 'Take it out again' });

describe('[C7] a record that went into the trash while it was open', () => {
  it.each([
    ['says who put it there', 'paul', 'This was put into the trash by Paul Weber.'],
    ['says that it was oneself, in another tab', 'me', 'You have put this into the trash.'],
    ['says that it was somebody one may not see', 'hidden', 'This was put into the trash by somebody.'],
  ])('%s', (_name, by, sentence) => {
    show({ by });
    expect(said()).toContain(sentence);
  });

  it('offers the way back to who might have thrown it away', async () => {
    show({ by: 'paul' });
    await act(async () => fireEvent.click(restore() as HTMLElement));
    expect(run).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ name: 'record.restore', args: { id: 'd' } }),
      expect.any(Function),
    );
  });

  it('says why it could not be brought back', async () => {
    const problem = {
      type: '',
      title: '',
      status: 400,
      code: 'invalid',
      reason: 'invalid',
      fields: { stageId: 'unknown_stage' },
    };
    run.mockResolvedValueOnce({ ok: false, problem });
    show({ by: 'paul' });
    await act(async () => fireEvent.click(restore() as HTMLElement));
    expect(said()).toContain('There is no such stage.');
  });

  it('offers no way back to who may not', () => {
    show({ by: 'paul', may: ['edit'] });
    expect(restore()).toBeNull();
  });

  it('says neither of what is only hidden', () => {
    show({});
    expect(said()).toContain('This is not here any more, or it is not shared with you.');
    expect(restore()).toBeNull();
  });
});

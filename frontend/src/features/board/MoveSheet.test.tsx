// @vitest-environment happy-dom
import { MantineProvider } from '@mantine/core';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { IntlProvider } from 'react-intl';
import { afterEach, expect, it, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { type CrmRecord, SyncProvider } from '../../api/hooks.ts';
import { loadMessages } from '../../i18n/index.ts';
import type { Stage } from '../../records/stages.ts';
import type { Sync } from '../../sync/sync.ts';
import { MoveSheet } from './MoveSheet.tsx';

const deal = { id: 'd', type: 'deal', version: 1, fields: { title: 'Acme' }, masked: [] } as unknown as CrmRecord;
const stage = { id: 's', name: 'Offer', kind: 'open', idleDays: 0, requires: ['amount'] } as unknown as Stage;
const schema = { deal: [{ key: 'amount', kind: 'money', group: 'money' }] };

afterEach(cleanup);

it('does not move a deal with an amount that cannot be read', async () => {
  const onMove = vi.fn();
  const store = createStore(() => ({ userId: 'ana', records: new Map(), revisions: {}, schema }));
  const sync = { store, recordsOf: () => [] } as unknown as Sync;
  render(
    <IntlProvider locale="en" messages={await loadMessages('en')}>
      <MantineProvider env="test">
        <SyncProvider value={sync}>
          <MoveSheet
            deal={deal}
            stages={[stage]}
            lostReasons={[]}
            chosen={stage}
            barred={() => undefined}
            onMove={onMove}
            onClose={() => {}}
          />
        </SyncProvider>
      </MantineProvider>
    </IntlProvider>,
  );
  const input = screen.getByRole('textbox') as HTMLInputElement;
  const submit = () => input.form && fireEvent.submit(input.form);
  fireEvent.change(input, { target: { value: '1e5' } });
  submit();
  expect(onMove).not.toHaveBeenCalled();
  expect(input.value).toBe('1e5');
  expect(screen.getByText('This is not an amount yet')).toBeDefined();
  fireEvent.change(input, { target: { value: '12k' } });
  submit();
  expect(onMove).toHaveBeenCalledWith(stage, { values: { amount: { amount: 1_200_000, currency: 'EUR' } } });
});

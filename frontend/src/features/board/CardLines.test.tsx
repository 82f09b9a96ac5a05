// @vitest-environment happy-dom
import { cleanup, render } from '@testing-library/react';
import { IntlProvider } from 'react-intl';
import { afterEach, describe, expect, it } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { type CrmRecord, SyncProvider } from '../../api/hooks.ts';
import { languages, loadMessages } from '../../i18n/index.ts';
import type { Sync } from '../../sync/sync.ts';
import { CardLines } from './CardLines.tsx';

const step = 'Send the revised offer for all three halls';
const deal = { id: 'd', type: 'deal', version: 1, fields: { title: 'Acme', nextStep: step }, masked: [] } as unknown as CrmRecord;
const store = createStore(() => ({ userId: 'ana', records: new Map(), revisions: {} }));
const sync = { store, recordsOf: () => [] } as unknown as Sync;

afterEach(cleanup);

describe('the last line of a card', () => {
  it.each(languages.flatMap((language) => (['overdue', 'idle'] as const).map((kind) => [kind, language] as const)))(
    'that is cut at its end keeps that it is %s (%s)',
    async (kind, language) => {
      const age = { days: 9, ring: 0, mark: { kind, days: 5 } };
      const { container } = render(
        <IntlProvider locale={language} messages={await loadMessages(language)}>
          <SyncProvider value={sync}>
            <CardLines deal={deal} age={age} today="2026-11-24" mayMove={false} onMove={() => {}} />
          </SyncProvider>
        </IntlProvider>,
      );
      const words = container.querySelector('[class*="words"]')?.textContent ?? '';
      expect(words).toContain('5');
      expect(words.endsWith(step)).toBe(true);
    },
  );
});

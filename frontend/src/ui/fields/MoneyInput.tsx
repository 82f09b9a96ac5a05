import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { useIntl } from 'react-intl';
import { isMoney, minorDigits, parseMoney } from '../../lib/money.ts';
import type { InputProps } from './inputProps.ts';
import { useFieldSources } from './sources.ts';

/** An amount as people write it; what cannot be read stays as written and says so. */
export function MoneyInput({ value, onChange, ...shared }: InputProps & { value: unknown; onChange(value: unknown): void }) {
  const intl = useIntl();
  const { currency: base } = useFieldSources();
  const money = isMoney(value) ? value : undefined;
  const currency = money?.currency ?? base;
  const digits = minorDigits(currency);
  const shown = money
    ? intl.formatNumber(money.amount / 10 ** digits, { maximumFractionDigits: digits, useGrouping: false })
    : '';
  // While it is being written the text is the person's own: "12," must not jump to "12".
  const [draft, setDraft] = useState<string>();
  const unreadable = draft !== undefined && draft.trim() !== '' && !parseMoney(draft, intl.locale, currency);
  return (
    <TextInput
      {...shared}
      inputMode="decimal"
      value={draft ?? shown}
      rightSection={<span className="soft">{currency}</span>}
      rightSectionWidth={56}
      error={unreadable ? intl.formatMessage({ id: 'ui.notAnAmount' }) : shared.error}
      onChange={(event) => {
        const written = event.currentTarget.value;
        setDraft(written);
        const read = parseMoney(written, intl.locale, currency);
        if (read || written.trim() === '') onChange(read ?? null);
      }}
      onBlur={() => {
        if (!unreadable) setDraft(undefined);
      }}
    />
  );
}

import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { useIntl } from 'react-intl';
import { readSignedAmount } from '../../lib/amount.ts';
import { asMoney, minorDigits } from '../../lib/money.ts';
import type { InputProps } from './inputProps.ts';
import { useFieldSources } from './sources.ts';
import { isUnreadable } from './unreadable.ts';
import { useWritten } from './useWritten.ts';

/** An amount as people write it: "12k", "$1,234". What cannot be read stays as written, says so and is not saved. */
export function MoneyInput({ value, onChange, ...shared }: InputProps & { value: unknown; onChange(value: unknown): void }) {
  const intl = useIntl();
  const { currency: base } = useFieldSources();
  const money = asMoney(value);
  const given = money?.currency ?? (isUnreadable(value) ? value.currency : undefined) ?? base;
  // While it is being written: without its "$" the amount is again in the currency it was in before.
  const [begun, setBegun] = useState<string>();
  const currency = begun ?? given;
  const digits = minorDigits(given);
  const { text, unreadable, write, rest } = useWritten({
    value,
    shown: money ? intl.formatNumber(money.amount / 10 ** digits, { maximumFractionDigits: digits, useGrouping: false }) : '',
    read: (typed) => readSignedAmount(typed, { locale: intl.locale, currency }),
    refuse: (typed) => ({ unreadable: typed, currency }),
    onChange,
  });
  return (
    <TextInput
      {...shared}
      inputMode="decimal"
      value={text}
      rightSection={<span className="soft">{given}</span>}
      rightSectionWidth={56}
      error={unreadable ? intl.formatMessage({ id: 'ui.notAnAmount' }) : shared.error}
      onChange={(event) => {
        setBegun(currency);
        write(event.currentTarget.value);
      }}
      onBlur={() => {
        rest();
        if (!unreadable) setBegun(undefined);
      }}
    />
  );
}

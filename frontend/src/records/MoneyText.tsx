import { IconLock } from '@tabler/icons-react';
import { FormattedMessage, useIntl } from 'react-intl';
import { asMoney, formatMoney, type Money } from '../lib/money.ts';
import classes from './records.module.css';

/** An amount, or the words that stand in its place when policy hides it. Nothing for no amount. */
export function MoneyText({ value, masked }: { value: unknown; masked: boolean }) {
  const { locale } = useIntl();
  const money = asMoney(value);
  if (masked) return <NotShared />;
  return money ? <span className="num">{formatMoney(money, locale)}</span> : null;
}

/** What stands where a value is that is not shared: neither empty nor zero. */
export function NotShared() {
  return (
    <span className={classes['masked']}>
      <IconLock size={13} aria-hidden="true" />
      <FormattedMessage id="record.notShared" />
    </span>
  );
}

/** Sums of several currencies, side by side; '' stands for none. */
export function sumsText(sums: readonly Money[], locale: string, none: Money): string {
  return (sums.length > 0 ? sums : [none]).map((sum) => formatMoney(rounded(sum), locale)).join(' + ');
}

/** Cents in a sum tell nobody anything. */
function rounded(money: Money): Money {
  return Math.abs(money.amount) < 100_000 ? money : { ...money, amount: Math.round(money.amount / 100) * 100 };
}

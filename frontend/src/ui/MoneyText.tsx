import { useIntl } from 'react-intl';
import { formatMoney, type Money } from '../lib/money.ts';

/** An amount with its currency, in figures of one width. */
export function MoneyText({ value, whole = false }: { value: Money; whole?: boolean }) {
  const { locale } = useIntl();
  return <span className="num">{formatMoney(value, locale, { whole })}</span>;
}
